//! Payment terminals of partners.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use ledger::PartnerId;

use super::dates;
use super::inputs::is_custom_id;
use super::types::Partner;
use crate::auth::access::{Caller, bad_argument, outside};
use crate::store::catalogue::Owner;
use crate::store::terminals;

#[derive(SimpleObject)]
pub struct GetPartnerTerminalsResult {
    result: Vec<PartnerTerminal>,
}

#[derive(SimpleObject)]
pub struct RegisterTerminalResult {
    result: String,
}

#[derive(SimpleObject, Default)]
pub struct LinkTerminalToPartnerResult {
    #[graphql(name = "_empty")]
    empty: Option<String>,
}

#[derive(SimpleObject, Default)]
pub struct UnlinkTerminalFromPartnerResult {
    #[graphql(name = "_empty")]
    empty: Option<String>,
}

/// A terminal and the partner that it is linked to.
#[derive(SimpleObject)]
pub struct PartnerTerminal {
    partner: Arc<Partner>,
    terminal: Terminal,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Terminal {
    last_transaction_date: Option<String>,
    merchant_country: Option<String>,
    merchant_location: Option<String>,
    merchant_name: Option<String>,
    terminal_id: String,
}

#[derive(Default)]
pub struct TerminalQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl TerminalQueries {
    /// The linked terminals of a partner; without one, of all partners that the caller sees.
    async fn get_partner_terminals(
        &self,
        context: &Context<'_>,
        partner_id: Option<String>,
    ) -> Result<GetPartnerTerminalsResult> {
        let caller = Caller::of(context)?;
        let partners: Vec<PartnerId> = match (partner_id, caller.owner) {
            (Some(id), _) => vec![caller.joined_partner(&id)?.no],
            (None, Owner::Partner(no)) => vec![no],
            (None, Owner::Program(program)) => {
                let joined = caller.catalogue.partnerships.iter().filter(|one| one.program.no == program);
                joined.map(|partnership| partnership.partner.no).collect()
            }
        };
        let found = caller.read(move |connection| terminals::linked(connection, &partners)).await?;
        let tell = |(partner, terminal): (PartnerId, terminals::Terminal)| {
            let partner = caller.catalogue.partners.get(&partner)?;
            let terminal = Terminal {
                last_transaction_date: terminal.last_transaction_us.map(dates::text),
                merchant_country: Some(terminal.merchant_country),
                merchant_location: Some(terminal.merchant_location),
                merchant_name: Some(terminal.merchant_name),
                terminal_id: terminal.terminal_id,
            };
            Some(PartnerTerminal { partner: Arc::new(partner.as_ref().into()), terminal })
        };
        Ok(GetPartnerTerminalsResult { result: found.into_iter().filter_map(tell).collect() })
    }
}

#[derive(Default)]
pub struct TerminalMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl TerminalMutations {
    /// Registers a terminal for the caller, or brings it up to date. The answer is the terminal's id.
    async fn register_terminal(
        &self,
        context: &Context<'_>,
        merchant_country: String,
        merchant_location: String,
        merchant_name: String,
        terminal_id: String,
        transaction_date: Option<String>,
    ) -> Result<RegisterTerminalResult> {
        let caller = Caller::of(context)?;
        for text in [&merchant_country, &merchant_location, &merchant_name, &terminal_id] {
            if !is_custom_id(text) {
                return Err(bad_argument(
                    "each text has 1 to 128 characters, none of them a control character",
                ));
            }
        }
        let terminal = terminals::Terminal {
            terminal_id: terminal_id.clone(),
            merchant_country,
            merchant_location,
            merchant_name,
            last_transaction_us: dates::parse_optional(transaction_date.as_deref())?,
        };
        let owner = caller.owner;
        caller.write(move |turn| terminals::register(turn, owner, &terminal)).await?;
        Ok(RegisterTerminalResult { result: terminal_id })
    }

    /// Links a terminal that the partner or one of its programs registered, and that no other partner has.
    async fn link_terminal_to_partner(
        &self,
        context: &Context<'_>,
        partner_id: String,
        terminal_id: String,
    ) -> Result<LinkTerminalToPartnerResult> {
        let caller = Caller::of(context)?;
        let partner = caller.administered_partner(&partner_id)?.no;
        let programs = caller.programs(None)?;
        let linked =
            caller.write(move |turn| terminals::link(turn, partner, &programs, &terminal_id)).await?;
        if linked { Ok(LinkTerminalToPartnerResult::default()) } else { Err(outside()) }
    }

    /// Ends the link of a terminal. One that is not linked is no mistake.
    async fn unlink_terminal_from_partner(
        &self,
        context: &Context<'_>,
        partner_id: String,
        terminal_id: String,
    ) -> Result<UnlinkTerminalFromPartnerResult> {
        let caller = Caller::of(context)?;
        let partner = caller.administered_partner(&partner_id)?.no;
        caller.write(move |turn| terminals::unlink(turn, partner, &terminal_id)).await?;
        Ok(UnlinkTerminalFromPartnerResult::default())
    }
}
