"""Runs every call of the published client against a server that is named on standard input.

The client is used as it was published: only its two constants, the addresses, are set. Each refusal that the
client's own documentation names for a call is provoked.
"""

import asyncio
import inspect
import json
import sys
from datetime import datetime, timezone

import fanpoints_python.backendConfig
import fanpoints_python.fanpoints_client

told = json.load(sys.stdin)

# The client's module copies the constants when it is imported, so they are set in both places.
for name in ("fanpoints_python.backendConfig", "fanpoints_python.fanpoints_client"):
    sys.modules[name].GRAPHQL_ENDPOINT = told["graphql"]
    sys.modules[name].OAUTH_TOKEN_ENDPOINT = told["token_endpoint"]

from fanpoints_python.conversion_module import ConversionModule
from fanpoints_python.fanpoints_client import FanpointsClient
from fanpoints_python.return_or_raise import ResponseError
from fanpoints_python.types.client import Client as GraphQLClient
from fanpoints_python.types.enums import Currency
from fanpoints_python.types.input_types import PurchaseItemInput, PurchaseItemPriceInput
from fanpoints_python.user_module import UserModule

FAN = "008407119295"
FAN_WITHOUT_POINTS = "071203344512"
NOBODY = "999999999993"

made = 0
used = set()


def watch(kind):
    """Notes which of the client's calls were used; they themselves stay what they are."""
    for name, call in inspect.getmembers(kind, inspect.iscoroutinefunction):
        if name.startswith("_") or name not in vars(kind):
            continue

        def noting(call=call, name=name):
            async def noted(self, *args, **kwargs):
                used.add((kind.__name__, name))
                return await call(self, *args, **kwargs)

            return noted

        calls.add((kind.__name__, name))
        setattr(kind, name, noting())


calls = set()
for kind in (FanpointsClient, ConversionModule, UserModule, GraphQLClient):
    watch(kind)


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


async def refused(code, coming):
    global made
    made += 1
    try:
        answer = await coming
    except ResponseError as error:
        expect(f"the refusal {code}", error.error_codes, [code])
        return
    sys.exit(f"{code}: not refused: {answer!r}")


async def answered(coming):
    global made
    made += 1
    return await coming


def line(**changes):
    fields = dict(title="Scarf", description="Red", price=25.0, currency=Currency.chf)
    return PurchaseItemInput(**{**fields, "rate_label": None, "custom_purchase_item_id": None, **changes})


def price(**changes):
    return PurchaseItemPriceInput(**{"price": 25.0, "currency": Currency.chf, "rate_label": None, **changes})


def amounts(purchase):
    return [item.amount for item in purchase.purchase_items]


async def ask(client):
    expect("ping", bool(await answered(client.ping())), True)
    users, conversion = client.users, client.conversion
    expect("a fan", await answered(users.does_user_exist(FAN)), True)
    expect("nobody", await answered(users.does_user_exist(NOBODY)), False)
    expect("no id", await answered(users.does_user_exist("nobody")), False)
    expect("an id", users.format_user_id(FAN), "0084 0711 9295")
    estimate = conversion.estimate_given_out_fanpoints_on_purchase
    expect("estimate", await answered(estimate([price(), price(rate_label="merchandise")])), 175)
    await refused("invalid_rate_label_error", estimate([price(rate_label="nope")]))
    expect("price", await answered(conversion.get_price_in_fan_points(70.0, Currency.chf)), 7000)
    for wrong in (-1.0, 0.0, float("nan"), float("inf")):
        await refused("invalid_reward_amount_error", conversion.get_price_in_fan_points(wrong, Currency.chf))


async def give(conversion):
    give = conversion.give_fanpoints_on_purchase
    given = await answered(give(FAN, [line(), line(rate_label="merchandise")], "order-1"))
    expect("given", (amounts(given), given.purchase_id), ([50, 125], "order-1"))
    expect("without an id", amounts(await answered(give(FAN, [line(price=5.0)]))), [10])
    await refused("already_executed_error", give(FAN, [line(), line(rate_label="merchandise")], "order-1"))
    twice = [line(custom_purchase_item_id="a"), line(custom_purchase_item_id="a")]
    await refused("non_unique_purchase_item_ids_error", give(FAN, twice))
    await refused("invalid_rate_label_error", give(FAN, [line(rate_label="nope")]))
    await refused("unknown_user_error", give(NOBODY, [line()]))
    for wrong in (-3.0, 0.0, float("nan"), float("inf"), 1e300):
        await refused("invalid_reward_amount_error", give(FAN, [line(price=wrong)]))
    await refused("invalid_transaction_id_error", give(FAN, [line()], ""))


async def pay(conversion):
    pay = conversion.pay_purchase_with_fanpoints
    expect("paid", amounts(await answered(pay(FAN, [line(price=1.0)], "order-2"))), [-100])
    await refused("already_executed_error", pay(FAN, [line(price=1.0)], "order-2"))
    await refused("too_few_available_error", pay(FAN_WITHOUT_POINTS, [line()], "order-3"))
    await refused("too_few_available_error", pay(FAN_WITHOUT_POINTS, [line()], "order-3"))
    twice = [line(custom_purchase_item_id="a"), line(custom_purchase_item_id="a")]
    await refused("non_unique_purchase_item_ids_error", pay(FAN, twice))
    await refused("unknown_user_error", pay(NOBODY, [line()]))
    await refused("invalid_reward_amount_error", pay(FAN, [line(price=float("nan"))]))
    await refused("invalid_transaction_id_error", pay(FAN, [line()], ""))


async def undo(conversion):
    undo = conversion.undo_purchase_item
    item = (await answered(conversion.get_purchase(FAN, "order-1"))).purchase_items[0]
    undone = await answered(undo(FAN, "order-1", item.purchase_item_id))
    expect("undone", amounts(undone), [-50])
    await refused("already_executed_error", undo(FAN, "order-1", item.purchase_item_id))
    await refused("transaction_not_found_error", undo(FAN, "order-1", "9"))
    await refused("transaction_not_found_error", undo(FAN, "no-such-order", "1"))
    await refused("unknown_user_error", undo(NOBODY, "order-1", "1"))


async def look_back(conversion):
    await refused("transaction_not_found_error", conversion.get_purchase(FAN, "no-such-order"))
    await refused("unknown_user_error", conversion.get_purchase(NOBODY, "order-1"))
    everything = await answered(conversion.get_purchases(limit=50))
    kinds = [purchase.transaction_type.value for purchase in everything]
    expect("newest first", kinds[0], "undo_distributed_on_purchase")
    expect("two", len(await answered(conversion.get_purchases(limit=2))), 2)
    now = datetime.now(timezone.utc)
    mine = await answered(conversion.get_purchases(user_id=FAN, earlier_than=now, limit=50))
    expect("one fan's", {"order-1", "order-2"} <= {purchase.purchase_id for purchase in mine}, True)
    long_ago = datetime(2020, 1, 1, tzinfo=timezone.utc)
    expect("none", await answered(conversion.get_purchases(earlier_than=long_ago)), [])
    await refused("unknown_user_error", conversion.get_purchases(user_id=NOBODY))
    await refused("naive_earlier_than", conversion.get_purchases(earlier_than=datetime(2020, 1, 1)))


async def wrong_secret():
    client = FanpointsClient(told["partner_id"], told["client_id"], "not the secret")
    try:
        await answered(client.ping())
    except Exception as error:
        expect("a wrong secret", "Authentification failed" in str(error), True)
        return
    sys.exit("a wrong secret: signed in")


async def main():
    client = FanpointsClient(told["partner_id"], told["client_id"], told["client_secret"])
    # Nothing here may ever reach the live system.
    expect("GraphQL at", client.graphql_client.url, told["graphql"])
    expect("tokens at", client.auth_session.oauth_token_endpoint, told["token_endpoint"])
    await ask(client)
    await give(client.conversion)
    await pay(client.conversion)
    await undo(client.conversion)
    await look_back(client.conversion)
    await wrong_secret()
    # What its base class offers for other servers, without an operation of its own, is no call of this API.
    inherited = {("GraphQLClient", name) for name in ("execute", "execute_ws")}
    left = sorted(calls - used - inherited)
    if left:
        sys.exit(f"not called: {left}")
    print(json.dumps({"calls": len(used), "made": made}))


asyncio.run(main())
