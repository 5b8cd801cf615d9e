//! From a code to the fan in front of staff.
//!
//! What a code may do is decided here once and remembered: an operation names its fan, and the trust comes from
//! the scan, never from the screen.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use fanpass::{Code, FanPass, FanRef, LiveProof, PassKind, PassRefusal, TrustedKeys, UnverifiedPass};
use ledger::{Millis, StatusPoints, Tier, Timestamp, Trust};
use outbox::{Confirmed, Engagement, KnownFan, ProgramConfig, Source};
use scan::{LumaFrame, PixelFormat};
use sync::FanAnswer;

use crate::connect::age;
use crate::devices::is_invitation;
use crate::evacuate::is_handover;
use crate::goods::goods_ref;
use crate::rights::Right;
use crate::terminal::{Line, News, blocking};
use crate::view::{
    BalanceSource, BalanceView, CodeSource, FanCard, PendingView, RedeemOutlook, Shown, TrustView,
};
use crate::{AppError, ErrorCode, Terminal};

/// So long after a scan the fan counts as present; then the code is asked for again.
const PRESENCE: i64 = 15 * 60 * 1000;
/// A balance from the platform younger than this is not asked for again.
const BALANCE_FRESH: i64 = 5 * 1000;
/// How long a person waits for the platform's figures before the card is shown with what is known.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was copied elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// Four bytes a pixel: red, green, blue, opacity.
    Picture {
        width: u32,
        height: u32,
        rgba: Vec<u8>,
    },
    Text(String),
}

/// The fans that were identified lately, and how far their codes can be trusted.
#[derive(Default)]
pub(crate) struct PresentFans(Mutex<Presence>);

#[derive(Default)]
struct Presence {
    fans: HashMap<FanRef, Present>,
    /// The newest live proof, as long as nothing was done with it: the code may still be held in view.
    in_view: Option<(FanRef, LiveProof)>,
    /// The titles of badges, as the platform last told them.
    badges: HashMap<FanRef, Vec<String>>,
}

#[derive(Clone, Copy)]
struct Present {
    trust: Trust,
    at: Timestamp,
}

impl PresentFans {
    fn lock(&self) -> MutexGuard<'_, Presence> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, fan: FanRef, trust: Trust, at: Timestamp, proof: Option<LiveProof>) {
        let mut presence = self.lock();
        presence.fans.retain(|_, present| age(at, present.at) < PRESENCE);
        presence.fans.insert(fan, Present { trust, at });
        presence.in_view = proof.map(|proof| (fan, proof));
    }

    fn trust(&self, fan: FanRef, now: Timestamp) -> Option<Trust> {
        let present = *self.lock().fans.get(&fan)?;
        (age(now, present.at) < PRESENCE).then_some(present.trust)
    }

    /// The fans who are present, newest scan first.
    fn all(&self, now: Timestamp) -> Vec<FanRef> {
        let mut all: Vec<(i64, FanRef)> = self
            .lock()
            .fans
            .iter()
            .map(|(fan, present)| (age(now, present.at), *fan))
            .filter(|(age, _)| *age < PRESENCE)
            .collect();
        all.sort_unstable_by_key(|(age, _)| *age);
        all.into_iter().map(|(_, fan)| fan).collect()
    }

    fn note_badges(&self, fan: FanRef, badges: Vec<String>) {
        let mut presence = self.lock();
        let Presence { fans, badges: known, .. } = &mut *presence;
        known.retain(|fan, _| fans.contains_key(fan));
        known.insert(fan, badges);
    }

    fn badges(&self, fan: FanRef) -> Vec<String> {
        self.lock().badges.get(&fan).cloned().unwrap_or_default()
    }

    fn is_in_view(&self, fan: FanRef, proof: LiveProof) -> bool {
        self.lock().in_view == Some((fan, proof))
    }

    /// Something was done for a fan: the same proof shown again is a replay from now on.
    pub fn used(&self) {
        self.lock().in_view = None;
    }

    pub fn forget_all(&self) {
        *self.lock() = Presence::default();
    }
}

impl Terminal {
    /// Identifies a fan by the text of a code, or a typed FanPoints id.
    ///
    /// # Errors
    /// For each reason why a code is none of ours or is refused; see [`ErrorCode`].
    pub async fn identify_text(&self, text: &str, source: CodeSource) -> Result<FanCard, AppError> {
        self.require(Right::Identify).await?;
        let (fan, trust, config) = self.recognise(text, source).await?;
        self.meet(fan, trust, &config).await
    }

    /// Recognises the text of a code: a fan, or something that a fan holds.
    ///
    /// # Errors
    /// As [`Terminal::identify_text`].
    pub async fn show_text(&self, text: &str, source: CodeSource) -> Result<Shown, AppError> {
        self.require(Right::Identify).await?;
        match parse(text, source) {
            Ok(Code::Goods(code)) => Ok(Shown::Goods { goods: self.look_up(goods_ref(code)).await? }),
            Err(error)
                if error.code == ErrorCode::NotOurCode
                    && matches!(source, CodeSource::Typed | CodeSource::Handheld) =>
            {
                let goods = self.bare_discount(text).await.ok_or(error)?;
                Ok(Shown::Goods { goods })
            }
            _ => Ok(Shown::Fan { card: self.identify_text(text, source).await? }),
        }
    }

    async fn meet(&self, fan: FanRef, trust: Trust, config: &ProgramConfig) -> Result<FanCard, AppError> {
        self.note_input();
        let known = self.store(move |store| store.fan(fan)).await?;
        if known.confirmed.is_some() {
            self.refresh_in_background(fan);
        } else {
            self.refresh(fan).await?;
            self.engaged(fan, Engagement::Scan, None);
        }
        self.card(fan, trust, config).await
    }

    /// Who a code names and how far it is trusted, by what this device knows alone.
    pub(crate) async fn recognise(
        &self,
        text: &str,
        source: CodeSource,
    ) -> Result<(FanRef, Trust, ProgramConfig), AppError> {
        let code = parse(text, source)?;
        let config = self.config().await?;
        let now = self.now();
        let (fan, trust) = match code {
            Code::Pass(pass) => {
                let (pass, proof) = self.verified(&pass, &config).await?;
                let fan = FanRef::Pseudonym(pass.pseudonym);
                self.store(move |store| store.note_pass(&pass)).await?;
                let trust = if proof.is_some() { Trust::Live } else { Trust::Card };
                self.0.fans.enter(fan, trust, now, proof);
                (fan, trust)
            }
            Code::JsonV1(id) | Code::DeepLink(id) | Code::Id(id) => {
                let fan = FanRef::Id(id);
                self.0.fans.enter(fan, Trust::Unsigned, now, None);
                (fan, Trust::Unsigned)
            }
            Code::Goods(_) => return Err(ErrorCode::NotOurCode.into()),
        };
        tracing::info!(?source, ?trust, "a fan was identified");
        Ok((fan, trust, config))
    }

    /// Identifies a fan by a picture (base64, with or without the prefix of a data URL).
    ///
    /// # Errors
    /// When it is no picture, when there is no code in it, and as [`Terminal::identify_text`].
    pub async fn identify_picture(&self, data: &str) -> Result<FanCard, AppError> {
        self.show_picture(data).await?.fan()
    }

    /// Recognises what is in a picture (base64, with or without the prefix of a data URL).
    ///
    /// # Errors
    /// As [`Terminal::identify_picture`].
    pub async fn show_picture(&self, data: &str) -> Result<Shown, AppError> {
        self.require(Right::Identify).await?;
        let encoded = data.split_once(";base64,").map_or(data, |(_, rest)| rest).to_owned();
        let frame = blocking(move || -> Result<LumaFrame, AppError> {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(encoded.as_bytes())
                .map_err(|_| ErrorCode::PictureUnreadable)?;
            Ok(scan::luma_from_picture(&bytes)?)
        })
        .await??;
        self.show_frame(frame).await
    }

    /// Recognises what was copied elsewhere.
    ///
    /// # Errors
    /// As [`Terminal::identify_picture`] and [`Terminal::identify_text`].
    pub async fn show_copied(&self, copied: Copied) -> Result<Shown, AppError> {
        self.require(Right::Identify).await?;
        match copied {
            Copied::Text(text) => self.show_text(&text, CodeSource::Typed).await,
            Copied::Picture { width, height, rgba } => {
                let rgb = blocking(move || on_white(&rgba)).await?;
                let frame = scan::luma_from_pixels(PixelFormat::Rgb, width, height, &rgb)
                    .map_err(|_| ErrorCode::PictureUnreadable)?;
                self.show_frame(frame).await
            }
        }
    }

    async fn show_frame(&self, frame: LumaFrame) -> Result<Shown, AppError> {
        let found = blocking(move || scan::Decoder::wanting(is_ours).decode_picture(&frame)).await?;
        let texts: Vec<String> = found.into_iter().map(|found| found.text).collect();
        match texts.iter().find(|text| is_ours(text)).or(texts.first()) {
            Some(text) => self.show_text(text, CodeSource::Picture).await,
            None => Err(ErrorCode::NoCodeFound.into()),
        }
    }

    /// The card of a fan that was identified, with the platform's figures where they can be had.
    ///
    /// # Errors
    /// When the fan is not present any more, or the platform does not know the fan.
    pub async fn fan_card(&self, fan: &str) -> Result<FanCard, AppError> {
        self.require(Right::Identify).await?;
        let (fan, trust) = self.present(fan)?;
        let config = self.config().await?;
        self.refresh(fan).await?;
        self.card(fan, trust, &config).await
    }

    /// Notes for the program what a fan did, where the fan agrees. Nobody waits for it.
    pub(crate) fn engaged(&self, fan: FanRef, engagement: Engagement, object: Option<String>) {
        let (terminal, at) = (self.clone(), self.now());
        tokio::spawn(async move {
            let noted = terminal.store(move |store| store.note_engagement(fan, engagement, object, at)).await;
            if let Err(error) = noted {
                tracing::warn!(code = ?error.code, "an event was not noted");
            }
        });
    }

    pub(crate) async fn config(&self) -> Result<ProgramConfig, AppError> {
        self.store(|store| Ok(store.config())).await?.ok_or_else(|| ErrorCode::NotConnected.into())
    }

    /// A fan that was identified, and how far the code is trusted.
    pub(crate) fn present(&self, fan: &str) -> Result<(FanRef, Trust), AppError> {
        let not_present = || AppError::new(ErrorCode::FanNotIdentified);
        let fan = FanRef::from_str(fan).map_err(|_| not_present())?;
        let trust = self.0.fans.trust(fan, self.now()).ok_or_else(not_present)?;
        Ok((fan, trust))
    }

    async fn verified(
        &self,
        pass: &UnverifiedPass,
        config: &ProgramConfig,
    ) -> Result<(FanPass, Option<LiveProof>), AppError> {
        let now = self.now();
        let seconds = u32::try_from(now.0 / 1000).map_err(|_| ErrorCode::Internal)?;
        let (Some(root), Some(program)) = (config.pass_root_key, config.project_number) else {
            return Err(ErrorCode::PassUnknownKey.into());
        };
        let keys = TrustedKeys::from_signed(&config.pass_key_list, &root, seconds)?;
        let verified = pass.verify(&keys, program, seconds)?;
        let Some(proof) = verified.proof.filter(|_| verified.kind == PassKind::Live) else {
            return Ok((verified, None));
        };
        let pseudonym = verified.pseudonym;
        if !self.0.fans.is_in_view(FanRef::Pseudonym(pseudonym), proof) {
            let judged: Result<(), PassRefusal> =
                self.store(move |store| store.accept_proof(pseudonym, proof, now)).await?;
            judged?;
        }
        Ok((verified, Some(proof)))
    }

    /// Fetches the platform's figures unless they are fresh. Offline is no error here; an unknown fan is.
    pub(crate) async fn refresh(&self, fan: FanRef) -> Result<(), AppError> {
        let Some(line) = self.opened().await?.line else { return Ok(()) };
        if !line.is_online() {
            return Ok(());
        }
        let known = self.store(move |store| store.fan(fan)).await?;
        let fresh = |c: &Confirmed| c.source == Source::Platform && age(self.now(), c.as_of) < BALANCE_FRESH;
        if known.confirmed.as_ref().is_some_and(fresh) && known.pending.operations == 0 {
            return Ok(());
        }
        self.fetch(fan, &line).await
    }

    /// Fetches the platform's figures.
    pub(crate) async fn fetch(&self, fan: FanRef, line: &Line) -> Result<(), AppError> {
        let asked = tokio::time::timeout(PATIENCE, line.client.fan_with_badges(fan)).await;
        let Ok(Ok((answer, badges))) = asked else { return Ok(()) };
        if let Some(badges) = badges {
            self.0.fans.note_badges(fan, badges);
        }
        match answer {
            FanAnswer::Known(answer) => self.store(move |store| store.note_platform_fan(&answer)).await,
            FanAnswer::Unknown => Err(ErrorCode::UnknownFan.into()),
            FanAnswer::Exists | FanAnswer::NotOffered => Ok(()),
        }
    }

    fn refresh_in_background(&self, fan: FanRef) {
        let terminal = self.clone();
        tokio::spawn(async move {
            if terminal.refresh(fan).await.is_ok() {
                terminal.tell_fan(fan).await;
                terminal.engaged(fan, Engagement::Scan, None);
            }
        });
    }

    /// Asks for the figures of everybody who was identified while the platform was away.
    pub(crate) async fn refresh_present(&self) {
        for fan in self.0.fans.all(self.now()) {
            match self.refresh(fan).await {
                Ok(()) => self.tell_fan(fan).await,
                Err(error) => tracing::warn!(code = ?error.code, "a fan could not be asked about"),
            }
        }
    }

    /// Tells the screens the newest card of a fan who is present.
    pub(crate) async fn tell_fan(&self, fan: FanRef) {
        let Some(trust) = self.0.fans.trust(fan, self.now()) else { return };
        let Ok(config) = self.config().await else { return };
        if let Ok(card) = self.card(fan, trust, &config).await {
            self.announce(News::Fan(Box::new(card)));
        }
    }

    pub(crate) async fn card(
        &self,
        fan: FanRef,
        trust: Trust,
        config: &ProgramConfig,
    ) -> Result<FanCard, AppError> {
        let edition = self.next_edition();
        let (known, policy) = self.store(move |store| Ok((store.fan(fan)?, store.policy()))).await?;
        let signed_until = policy.unwrap_or_default().pass_half_until;
        let card = card_of(fan, trust, &known, config, signed_until, self.now());
        Ok(FanCard { edition, badges: self.0.fans.badges(fan), ..card })
    }
}

/// Three bytes a pixel; what is transparent shows white paper.
fn on_white(rgba: &[u8]) -> Vec<u8> {
    let mix = |colour: u8, opacity: u8| {
        let (colour, opacity) = (u16::from(colour), u16::from(opacity));
        u8::try_from((colour * opacity + 255 * (255 - opacity)) / 255).unwrap_or(u8::MAX)
    };
    let (pixels, _) = rgba.as_chunks::<4>();
    pixels.iter().flat_map(|&[r, g, b, a]| [mix(r, a), mix(g, a), mix(b, a)]).collect()
}

/// May a code that is in view be meant for this app? All decoders read phantoms and other people's codes, and of
/// twelve digits the check digit alone tells whether they are a fan's.
pub(crate) fn is_ours(text: &str) -> bool {
    use fanpass::CodeRefusal::{BadCheckDigit, NotOurs, TooLong};
    is_handover(text)
        || is_invitation(text)
        || !matches!(fanpass::parse(text), Err(NotOurs | TooLong | BadCheckDigit))
}

fn parse(text: &str, source: CodeSource) -> Result<Code, AppError> {
    let parsed = fanpass::parse(text);
    // A handheld scanner types on whatever keyboard layout the system has.
    let repaired = match (&parsed, source) {
        (Err(_), CodeSource::Handheld) => fanpass::repair_layout(text).map(|text| fanpass::parse(&text)),
        _ => None,
    };
    match repaired {
        Some(Ok(code)) => Ok(code),
        _ => Ok(parsed?),
    }
}

/// `signed_until`: the age at which a signed balance counts no more.
fn card_of(
    fan: FanRef,
    trust: Trust,
    known: &KnownFan,
    config: &ProgramConfig,
    signed_until: Millis,
    now: Timestamp,
) -> FanCard {
    let balance = known.confirmed.map(|confirmed| BalanceView {
        fan_points: confirmed.fan_points.0,
        // 100 Fan Points are worth 1.00: a point is one minor unit.
        value_minor: confirmed.fan_points.0,
        status_points: confirmed.status_points.0,
        as_of: confirmed.as_of.0,
        source: match confirmed.source {
            Source::Platform => BalanceSource::Platform,
            Source::Live => BalanceSource::LivePass,
            Source::Card => BalanceSource::CardPass,
        },
    });
    let signed = trust > Trust::Unsigned
        && known.confirmed.is_some_and(|confirmed| age(now, confirmed.as_of) <= signed_until.0);
    FanCard {
        edition: 0,
        fan: fan.to_string(),
        label: label(known.user_id, fan),
        trust: trust_view(trust),
        tier: known.confirmed.and_then(|confirmed| tier_of(&config.tiers, confirmed.status_points)),
        balance,
        badges: Vec::new(),
        pending: PendingView {
            count: known.pending.operations,
            fan_points: known.pending.fan_points.0,
            status_points: known.pending.status_points.0,
        },
        redeem: if signed { RedeemOutlook::Here } else { RedeemOutlook::OnlineOnly },
    }
}

/// "0084 0711 9295", or the last four digits of a pseudonym.
pub(crate) fn label(user_id: Option<fanpass::FanPointsId>, fan: FanRef) -> String {
    match (user_id, fan) {
        (Some(id), _) | (None, FanRef::Id(id)) => id.grouped(),
        (None, FanRef::Pseudonym(pseudonym)) => short(&pseudonym.to_string()),
    }
}

fn short(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(4);
    format!("…{}", text.chars().skip(skip).collect::<String>())
}

pub(crate) fn tier_of(tiers: &[Tier], points: StatusPoints) -> Option<String> {
    tiers.iter().filter(|tier| tier.from <= points).max_by_key(|tier| tier.from).map(|tier| tier.name.clone())
}

pub(crate) fn trust_view(trust: Trust) -> TrustView {
    match trust {
        Trust::Unsigned => TrustView::Unsigned,
        Trust::Card => TrustView::Card,
        Trust::Live => TrustView::Live,
    }
}
