//! Points set aside, and points that expire.

use ledger::{
    Decision, FanAccount, FanId, FanPoints, LotShare, Millis, OpId, Operation, OperationKind, Refusal,
    ReservationChange, State, Tender, Timestamp,
};

use crate::common::{FAN, KIOSK, Till, distribute, item, op, redeem, rules, undo, undo_item};

fn reserve(points: i64, until: i64) -> OperationKind {
    OperationKind::Reserve { points: FanPoints(points), until: Timestamp(until) }
}

fn release(of: u8) -> OperationKind {
    OperationKind::Release { reservation: OpId([of; 16]) }
}

fn redeem_reserved(price: i64, of: u8) -> OperationKind {
    OperationKind::Redeem {
        items: vec![item(price)],
        tender: Tender::Whole,
        reservation: Some(OpId([of; 16])),
    }
}

fn with_points(points: i64) -> Till {
    let mut till = Till::open(rules());
    till.accept(200, distribute(&[points * 50]));
    assert_eq!(till.wallet(), points);
    till
}

#[test]
fn reserved_points_can_not_be_spent_otherwise() {
    let mut till = with_points(100);
    let posted = till.accept(1, reserve(60, 5_000));
    assert!(posted.entry.fan_postings.is_empty());
    assert_eq!(till.fan().available(), FanPoints(40));
    assert_eq!(till.refuse(2, redeem(&[41])), Refusal::TooFewPoints);
    assert_eq!(till.refuse(3, reserve(41, 5_000)), Refusal::TooFewPoints);
    till.accept(4, redeem(&[40]));
    assert_eq!((till.wallet(), till.fan().available()), (60, FanPoints(0)));
}

#[test]
fn a_reservation_ends_by_the_clock() {
    let mut till = with_points(100);
    till.accept(1, reserve(100, 5_000));
    till.now = Timestamp(4_999);
    assert_eq!(till.refuse(2, redeem(&[1])), Refusal::TooFewPoints);
    till.now = Timestamp(5_000);
    assert_eq!(till.fan().reserved, FanPoints(0));
    assert_eq!(till.refuse(3, release(1)), Refusal::ReservationExpired);
    assert_eq!(till.refuse(4, redeem_reserved(1, 1)), Refusal::ReservationExpired);
    till.accept(5, redeem(&[100]));
}

#[test]
fn a_reservation_is_released_once_by_its_partner_for_its_fan() {
    let mut till = with_points(100);
    till.books.register_fan(FanId(8));
    till.accept(1, reserve(100, 5_000));
    let elsewhere = Operation { partner: KIOSK, ..op(2, release(1)) };
    assert_eq!(till.ask(&elsewhere), Decision::Refuse(Refusal::UnknownReservation));
    let other = Operation { fan: FanId(8), ..op(2, release(1)) };
    assert_eq!(till.ask(&other), Decision::Refuse(Refusal::UnknownReservation));
    assert_eq!(till.refuse(2, release(200)), Refusal::UnknownReservation);
    let posted = till.accept(3, release(1));
    let ended = ReservationChange::Ended { id: OpId([1; 16]), points: FanPoints(100) };
    assert_eq!(posted.reservation, Some(ended));
    assert_eq!(till.refuse(4, release(1)), Refusal::UnknownReservation);
    assert_eq!(till.fan().available(), FanPoints(100));
}

#[test]
fn a_redemption_spends_a_reservation_and_ends_it() {
    let mut till = with_points(100);
    till.accept(1, reserve(60, 5_000));
    till.accept(2, reserve(30, 5_000));
    assert_eq!(till.refuse(3, redeem_reserved(71, 1)), Refusal::TooFewPoints);
    till.accept(4, redeem_reserved(70, 1)); // 60 set aside and the 10 that are free
    assert_eq!((till.wallet(), till.fan().reserved), (30, FanPoints(30)));
    assert_eq!(till.refuse(5, redeem_reserved(1, 1)), Refusal::UnknownReservation);
    till.accept(6, redeem_reserved(1, 2));
    assert_eq!((till.wallet(), till.fan().reserved), (29, FanPoints(0)));
    till.check_books();
}

#[test]
fn a_reservation_needs_points_and_an_end_to_come() {
    let mut till = with_points(100);
    assert_eq!(till.refuse(1, reserve(0, 5_000)), Refusal::InvalidAmount);
    assert_eq!(till.refuse(2, reserve(-1, 5_000)), Refusal::InvalidAmount);
    assert_eq!(till.refuse(3, reserve(1, 999)), Refusal::ReservationExpired);
    assert_eq!(till.refuse(4, reserve(1, 1_000)), Refusal::ReservationExpired);
    till.accept(5, reserve(1, 1_001));
    assert_eq!(till.refuse(6, reserve(100, 5_000)), Refusal::TooFewPoints);
    till.accept(7, reserve(99, 5_000));
}

/// 100 points earned at each of 1000, 2000, 3000 milliseconds; each lot lasts 10 seconds.
fn three_lots() -> Till {
    let mut till = Till::open(rules());
    till.rules.lot_lifetime = Some(Millis(10_000));
    // Ids against the order of time, so that only time can order them.
    for (id, now) in [(30, 1_000), (20, 2_000), (10, 3_000)] {
        till.now = Timestamp(now);
        till.accept(id, distribute(&[5_000]));
    }
    till
}

fn lots(till: &Till) -> Vec<(u8, i64)> {
    let mut lots = till.books.lots(FAN).unwrap();
    lots.sort_by_key(|lot| lot.expires);
    lots.iter().map(|lot| (lot.source.0[0], lot.left.0)).collect()
}

fn share(source: u8, points: i64, expires: i64) -> LotShare {
    LotShare { source: OpId([source; 16]), points: FanPoints(points), expires: Timestamp(expires) }
}

#[test]
fn the_oldest_points_are_spent_first() {
    let mut till = three_lots();
    let posted = till.accept(1, redeem(&[150]));
    assert_eq!(posted.entry.lots_taken, [share(30, 100, 11_000), share(20, 50, 12_000)]);
    assert_eq!(lots(&till), [(20, 50), (10, 100)]);
    till.accept(2, redeem(&[150]));
    assert_eq!(lots(&till), []);
    till.check_books();
}

#[test]
fn an_undo_gives_back_to_the_lots_it_took_from() {
    let mut till = three_lots();
    till.accept(1, redeem(&[120, 60, 20]));
    assert_eq!(lots(&till), [(10, 100)]);
    till.accept(2, undo_item(1, 1)); // points 121 to 180: all from the second lot
    assert_eq!(lots(&till), [(20, 60), (10, 100)]);
    till.accept(3, undo(1));
    assert_eq!(lots(&till), [(30, 100), (20, 100), (10, 100)]);
    assert_eq!(till.wallet(), 300);
}

#[test]
fn an_undone_earn_takes_its_own_lot_first() {
    let mut till = three_lots();
    till.accept(1, undo(20));
    assert_eq!(lots(&till), [(30, 100), (10, 100)]);
    till.accept(2, redeem(&[150]));
    till.accept(3, undo(10)); // of its 100 points 50 are left
    assert_eq!((lots(&till), till.wallet(), till.owed()), (vec![], 0, FanPoints(50)));
}

#[test]
fn lots_expire_when_they_are_due_and_not_before() {
    let mut till = three_lots();
    let expire = |id, at| Operation { at: Timestamp(at), ..op(id, OperationKind::Expire) };
    till.now = Timestamp(11_999);
    till.ask(&expire(1, 10_999));
    assert_eq!(till.wallet(), 300);
    till.ask(&expire(2, 11_000));
    assert_eq!((till.wallet(), lots(&till)), (200, vec![(20, 100), (10, 100)]));
    till.ask(&expire(3, 99_999)); // said to be later than it is
    assert_eq!(till.wallet(), 200);
    till.now = Timestamp(12_000);
    till.ask(&expire(4, 12_000));
    assert_eq!(till.wallet(), 100);
    assert_eq!(till.books.balance(FanAccount::Expired), 200);
    till.check_books();
}

#[test]
fn reserved_points_do_not_expire_before_the_reservation_ends() {
    let mut till = three_lots();
    till.accept(1, reserve(250, 20_000));
    till.now = Timestamp(19_999);
    let expire = |id| Operation { at: Timestamp(50_000), ..op(id, OperationKind::Expire) };
    till.ask(&expire(2));
    assert_eq!((till.wallet(), lots(&till)), (250, vec![(30, 50), (20, 100), (10, 100)]));
    till.now = Timestamp(20_000);
    till.ask(&expire(3));
    assert_eq!((till.wallet(), lots(&till)), (0, vec![]));
}

#[test]
fn points_given_back_after_their_time_expire_again() {
    let mut till = three_lots();
    till.accept(1, redeem(&[100]));
    till.now = Timestamp(11_500);
    till.accept(2, undo(1));
    let expire = Operation { at: till.now, ..op(3, OperationKind::Expire) };
    till.ask(&expire);
    assert_eq!((till.wallet(), lots(&till)), (200, vec![(20, 100), (10, 100)]));
}

#[test]
fn nothing_expires_in_a_program_without_an_end() {
    let mut till = with_points(100);
    till.now = Timestamp(i64::MAX);
    let expire = Operation { at: till.now, ..op(1, OperationKind::Expire) };
    assert!(matches!(till.ask(&expire), Decision::Post(posted) if posted.entry.fan_postings.is_empty()));
    assert_eq!(till.wallet(), 100);
}

#[test]
fn an_end_beyond_the_calendar_is_refused() {
    let mut till = Till::open(rules());
    till.rules.lot_lifetime = Some(Millis(i64::MAX));
    assert_eq!(till.refuse(1, distribute(&[5_000])), Refusal::Overflow);
}
