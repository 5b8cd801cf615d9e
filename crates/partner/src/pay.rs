//! Paying partly with points: the points for one part of the purchase, money for the rest, which earns points.
//!
//! The platform's interface takes a price for each item and nothing else, so a split purchase is two operations: the
//! redemption of the part, and the gift for the rest.

use ledger::{FanPoints, Refusal, Tender};
use outbox::Raiser;

use crate::view::{ItemInput, Receipt, ReceiptStanding, SplitQuote};
use crate::{AppError, Terminal};

impl Terminal {
    /// What a purchase comes to when so many points pay a part of it.
    ///
    /// # Errors
    /// As [`Terminal::quote`], and for points below zero or above the price.
    pub async fn quote_split(&self, items: &[ItemInput], points: i64) -> Result<SplitQuote, AppError> {
        let (redeemed, paid) = self.parted(items, points).await?;
        let rest = paid.iter().map(|item| item.price_minor).sum();
        let earns = if paid.is_empty() { 0 } else { self.quote(&paid).await?.earns };
        let points = redeemed.iter().map(|item| item.price_minor).sum();
        Ok(SplitQuote { points, rest_minor: rest, earns })
    }

    /// Takes points for a part of the purchase and gives points for the rest. Where the redemption does not happen,
    /// nothing is given.
    ///
    /// # Errors
    /// As [`Terminal::redeem`].
    pub async fn pay(&self, fan: &str, items: Vec<ItemInput>, points: i64) -> Result<Receipt, AppError> {
        self.pay_by(fan, items, points, None).await
    }

    /// The same, above a limit that somebody raises for it.
    pub(crate) async fn pay_by(
        &self,
        fan: &str,
        items: Vec<ItemInput>,
        points: i64,
        raised_by: Option<Raiser>,
    ) -> Result<Receipt, AppError> {
        let (redeemed, paid) = self.parted(&items, points).await?;
        if redeemed.is_empty() {
            return self.give_by(fan, paid, raised_by).await;
        }
        let receipt = self.redeem_by(fan, redeemed, raised_by.clone()).await?;
        let taken = matches!(receipt.standing, ReceiptStanding::Booked | ReceiptStanding::Waiting);
        // A rest too small for a point earns nothing, and that is no reason to fail.
        if !taken || paid.is_empty() || self.quote(&paid).await?.earns == 0 {
            return Ok(receipt);
        }
        match self.give_by(fan, paid, raised_by).await {
            Ok(gift) => Ok(Receipt { also: Some(gift.operation), card: gift.card, ..receipt }),
            Err(error) => {
                tracing::warn!(code = ?error.code, "points were taken, but none given for the rest");
                Ok(Receipt { also_failed: Some(error), ..receipt })
            }
        }
    }

    /// The items as they are paid with points, and as they are paid with money.
    async fn parted(
        &self,
        items: &[ItemInput],
        points: i64,
    ) -> Result<(Vec<ItemInput>, Vec<ItemInput>), AppError> {
        // Also checks every item.
        self.quote(items).await?;
        if points == 0 {
            return Ok((Vec::new(), items.to_vec()));
        }
        // A point is worth one minor unit.
        let prices: Vec<FanPoints> = items.iter().map(|item| FanPoints(item.price_minor)).collect();
        let parts = ledger::allocate(Tender::Points(FanPoints(points)), &prices)?;
        let with = |item: &ItemInput, price_minor| ItemInput { price_minor, ..item.clone() };
        let pairs = || items.iter().zip(&parts);
        let redeemed = pairs().filter(|(_, part)| part.0 > 0).map(|(item, part)| with(item, part.0));
        let paid = pairs().filter_map(|(item, part)| {
            let rest = item.price_minor.checked_sub(part.0)?;
            (rest > 0).then(|| with(item, rest))
        });
        let (redeemed, paid): (Vec<_>, Vec<_>) = (redeemed.collect(), paid.collect());
        if redeemed.is_empty() {
            return Err(Refusal::InvalidAmount.into());
        }
        Ok((redeemed, paid))
    }
}
