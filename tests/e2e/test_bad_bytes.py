"""Requests that no well-behaved client sends: refused with field and reason, counted, and without trace."""

import data
import wire
from harness import E2eTest
from wire import basket_line, customer, identity, line, message, moment, purchase, returned

INT64_MAX, INT64_MIN = 2**63 - 1, -(2**63)
LONG, EDGE = "x" * 65, "x" * 64
TWO_MB = "y" * (2 << 20)
YEAR_1900, YEAR_2100 = -2208988800, 4102444800
BAD = b"bad\xff\xfeutf8"
POS = (2, 1)

# What is sent for GetOffers -> what the message says.
OFFERS = [
    ("nothing", b"", "channel: is required"),
    ("unknown channel", message((2, 99)), "channel: 99 is no channel"),
    ("negative channel", message((2, -1)), "channel: -1 is no channel"),
    ("10,000 basket lines", message(POS, (8, [basket_line()] * 10_000)), "basket_lines: 10000 lines; at most 1000"),
    ("2 MB placement", message(POS, (3, TWO_MB)), "placement: 2097152 bytes; at most 64"),
    ("2 MB attribute", message(POS, (11, message((1, "k"), (2, TWO_MB)))), "attributes (value): 2097152 bytes"),
    ("2 MB customer", message(POS, (1, customer(TWO_MB))), "customer.customer_id: 2097152 bytes"),
    ("33 attributes", message(POS, (11, [message((1, f"k{i}")) for i in range(33)])), "attributes: 33 entries"),
    ("attribute without key", message(POS, (11, message((2, "v")))), "attributes: an empty key"),
    ("bad UTF-8 in placement", message(POS, (3, BAD)), "placement: not valid UTF-8"),
    ("bad UTF-8 in a basket", message(POS, (8, message((1, BAD)))), "basket_lines.product_id: not valid UTF-8"),
    ("bad UTF-8 in an attribute", message(POS, (11, message((1, "k"), (2, BAD)))), "attributes.value: not valid UTF-8"),
    ("bad UTF-8 in the customer", message(POS, (1, customer(BAD))), "customer.customer_id: not valid UTF-8"),
    ("surrogate in locale", message(POS, (7, b"\xed\xa0\x80")), "locale: not valid UTF-8"),
    ("not protobuf", b"\xff\xff\xff\xff", "the request is not a nbo.v1.GetOffersRequest message"),
    ("cut off", message(POS, (3, "placement"))[:-3], "the request is not a nbo.v1.GetOffersRequest message"),
    ("customer without id", message(POS, (1, b"")), "customer: is required"),
    ("empty customer id", message(POS, (1, customer(""))), "customer.customer_id: is required"),
    ("customer id of 65 bytes", message(POS, (1, customer(LONG))), "customer.customer_id: 65 bytes; at most 64"),
    ("control character", message(POS, (1, customer("a\nb"))), "customer.customer_id: contains a control character"),
    ("DEL in store", message(POS, (4, "a\x7f")), "store_id: contains a control character"),
    ("identity type 77", message(POS, (1, identity(77, "4711"))), "customer.identity.type"),
    ("identity of 61 bytes", message(POS, (1, identity(1, "x" * 61))), "customer.identity.value: 61 bytes; at most 60"),
    ("basket amount int64 max", message(POS, (8, basket_line(amount=INT64_MAX))), "basket_lines[0].amount_minor"),
    ("basket amount int64 min", message(POS, (8, basket_line(amount=INT64_MIN))), "basket_lines[0].amount_minor"),
    ("basket quantity int64 min", message(POS, (8, basket_line(quantity=INT64_MIN))), "basket_lines[0].quantity_milli"),
    ("basket without product", message(POS, (8, basket_line(product=""))), "basket_lines[0].product_id: is required"),
    ("101 offers", message(POS, (9, 101)), "max_offers: 101 is outside 0..100"),
    ("-1 offers", message(POS, (9, -1)), "max_offers: -1 is outside"),
    ("locale of 36 bytes", message(POS, (7, "x" * 36)), "locale: 36 bytes"),
    ("request id of 65 bytes", message(POS, (10, LONG)), "request_id: 65 bytes"),
    ("as_of with nanos -1", message(POS, (12, message((1, 0), (2, -1)))), "as_of: not a valid timestamp"),
    ("as_of in year 300000", message(POS, (12, message((1, INT64_MAX)))), "as_of: not a valid timestamp"),
]
BACK = line(quantity=-1000, amount=-100)
RETURN = "purchase.returns[0]"
# A purchase -> what the message says; sent alone and in a stream.
PURCHASES = [
    ("1900", purchase(seconds=YEAR_1900), "purchase.time: 1900-01-01T00:00:00+00:00 is before 1970-01-01"),
    ("2100", purchase(seconds=YEAR_2100), "purchase.time: 2100-01-01T00:00:00+00:00 is more than 24h in the future"),
    ("no time", purchase(seconds=None), "purchase.time: is required"),
    ("nanos 2^30", purchase(nanos=2**30), "purchase.time: not a valid timestamp"),
    ("seconds int64 min", purchase(seconds=INT64_MIN), "purchase.time: not a valid timestamp"),
    ("offset 841", purchase(utc_offset=841), "purchase.utc_offset_minutes: 841 is outside"),
    ("channel 99", purchase(channel=99), "purchase.channel: 99 is no channel"),
    ("no customer", purchase(who=b""), "purchase.customer: is required"),
    ("empty customer", purchase(who=customer("")), "purchase.customer.customer_id: is required"),
    ("customer of 65 bytes", purchase(who=customer(LONG)), "purchase.customer.customer_id: 65 bytes"),
    ("reserved customer", purchase(who=customer("~c:1")), "purchase.customer.customer_id: ids that begin with '~'"),
    ("control character", purchase(receipt="r\x01"), "purchase.receipt_id: contains a control character"),
    ("no receipt id", purchase(receipt=""), "purchase.receipt_id: is required"),
    ("receipt id of 65 bytes", purchase(receipt=LONG), "purchase.receipt_id: 65 bytes"),
    ("receipt id of 65 bytes, not ASCII", purchase(receipt="r" + "ж" * 32), "purchase.receipt_id: 65 bytes"),
    ("store of 65 bytes", purchase(store=LONG), "purchase.store_id: 65 bytes"),
    ("no lines", purchase(lines=[]), "purchase.lines: at least one line or return is required"),
    ("1001 lines", purchase(lines=[line()] * 1001), "purchase.lines: 1001 lines in all; at most 1000"),
    ("no product", purchase(lines=[line(product="")]), "purchase.lines[0].product_id: is required"),
    ("category of 65 bytes", purchase(lines=[line(), line(category=LONG)]), "purchase.lines[1].category: 65 bytes"),
    ("amount int64 max", purchase(lines=[line(amount=INT64_MAX)]), "purchase.lines[0].amount_minor"),
    ("amount int64 min", purchase(lines=[line(amount=INT64_MIN)]), "purchase.lines[0].amount_minor"),
    ("amounts that wrap to 0", purchase(lines=[line(amount=INT64_MIN)] * 2), "purchase.lines[0].amount_minor"),
    ("quantity int64 min", purchase(lines=[line(quantity=INT64_MIN)]), "purchase.lines[0].quantity_milli"),
    ("quantity int64 max", purchase(lines=[line(quantity=INT64_MAX)]), "purchase.lines[0].quantity_milli"),
    ("discount int64 min", purchase(lines=[line(discount=INT64_MIN)]), "purchase.lines[0].discount_minor"),
    ("sum of amounts", purchase(lines=[line(amount=10**11)] * 11), "purchase.lines (sum of the sizes of amount_minor)"),
    ("sum of discounts", purchase(lines=[line(discount=-(10**11))] * 11), "purchase.lines (sum of the sizes of discount_minor)"),
    ("bad UTF-8 in receipt", purchase(receipt=BAD), "purchase.receipt_id: not valid UTF-8"),
    ("bad UTF-8 in line", purchase(lines=[line(category=BAD)]), "purchase.lines.category: not valid UTF-8"),
    ("bad UTF-8 in card", purchase(who=identity(1, BAD)), "purchase.customer.identity.value: not valid UTF-8"),
    ("2 MB product", purchase(lines=[line(product=TWO_MB)]), "purchase.lines[0].product_id: 2097152 bytes"),
    ("revision -1", purchase(revision=-1), "purchase.revision: is negative; the first is 0"),
    ("revision int32 min", purchase(revision=-(2**31)), "purchase.revision: is negative; the first is 0"),
    ("cancelled with lines", purchase(revision=1, cancelled=1), "purchase.lines: a cancelled receipt has no lines"),
    (
        "cancelled with returns",
        purchase(revision=1, cancelled=1, lines=[], returns=[returned(whole=1)]),
        "purchase.lines: a cancelled receipt has no lines and no returns",
    ),
    ("returns itself", purchase(returns=[returned("r", [BACK])]), f"{RETURN}.receipt_id: names the receipt itself"),
    (
        "returns itself, by shop",
        purchase(returns=[returned("r", [BACK], store="s")]),
        f"{RETURN}.receipt_id: names the r",
    ),
    (
        "returns one twice",
        purchase(returns=[returned("a", [BACK]), returned("a", [BACK], store="s")]),
        "purchase.returns[1].receipt_id: receipt 'a' is named twice",
    ),
    ("returns nothing", purchase(returns=[returned("a")]), f"{RETURN}.lines: at least one is required, or set whole"),
    ("whole with lines", purchase(returns=[returned("a", [BACK], whole=1)]), f"{RETURN}.lines: must be empty where"),
    (
        "positive quantity",
        purchase(returns=[returned("a", [line(amount=-1)])]),
        f"{RETURN}.lines[0].quantity_milli: is po",
    ),
    (
        "positive amount",
        purchase(returns=[returned("a", [BACK, line(quantity=-1)])]),
        f"{RETURN}.lines[1].amount_minor: i",
    ),
    (
        "positive discount",
        purchase(returns=[returned("a", [line(quantity=-1, amount=-1, discount=1)])]),
        f"{RETURN}.lines[0].discount_minor: is positive; returned goods have negative numbers",
    ),
    (
        "17 returns",
        purchase(returns=[returned(f"a{i}", [BACK]) for i in range(17)]),
        "purchase.returns: 17; at most 16",
    ),
    ("return without receipt", purchase(returns=[returned("", [BACK])]), f"{RETURN}.receipt_id: is required"),
    ("return of 65 bytes", purchase(returns=[returned(LONG, [BACK])]), f"{RETURN}.receipt_id: 65 bytes"),
    (
        "return of a shop of 65 bytes",
        purchase(returns=[returned("a", [BACK], store=LONG)]),
        f"{RETURN}.store_id: 65 bytes",
    ),
    (
        "bad UTF-8 in a return",
        purchase(returns=[returned(BAD, [BACK])]),
        "purchase.returns.receipt_id: not valid UTF-8",
    ),
    (
        "returned without product",
        purchase(returns=[returned("a", [line("", quantity=-1, amount=-1)])]),
        f"{RETURN}.lines[0].p",
    ),
    (
        "returned int64 min",
        purchase(returns=[returned("a", [line(quantity=-1, amount=INT64_MIN)])]),
        f"{RETURN}.lines[0].amo",
    ),
    (
        "1001 lines in all",
        purchase(lines=[line()] * 1000, returns=[returned("a", [BACK])]),
        f"{RETURN}.lines: 1001 lines in",
    ),
    (
        "amounts of all",
        purchase(lines=[line(amount=10**11)] * 10, returns=[returned("a", [BACK])]),
        "purchase.lines (sum of the sizes of amount_minor)",
    ),
]
CUSTOMER = (1, customer("raw"))
CONSENT_TIME = (4, moment(1_500_000_000))
TIER = (2, message((1, "tier"), (2, "gold")))
LINK_TIME = (3, message((1, 1_500_000_000)))
CARD = (1, message((1, 1), (2, "4711")))
OTHERS = [
    (wire.GET_PROFILE, b"", "customer: is required"),
    (wire.GET_PROFILE, message((1, customer(BAD))), "customer.customer_id: not valid UTF-8"),
    (wire.GET_PROFILE, message((1, customer(LONG))), "customer.customer_id: 65 bytes"),
    (wire.LINK_IDENTITY, message((2, "c"), LINK_TIME), "identity"),
    (wire.LINK_IDENTITY, message(CARD, LINK_TIME), "customer_id: is required"),
    (wire.LINK_IDENTITY, message(CARD, (2, "~c:1"), LINK_TIME), "customer_id: ids that begin with '~' are reserved"),
    (wire.LINK_IDENTITY, message(CARD, (2, "c")), "time: is required"),
    (wire.LINK_IDENTITY, message(CARD, (2, "c"), (3, message((1, YEAR_2100)))), "time: 2100"),
    (wire.LINK_IDENTITY, message((1, message((2, BAD))), (2, "c"), LINK_TIME), "identity.value: not valid UTF-8"),
    (wire.UNLINK_IDENTITY, message((2, moment(1))), "identity"),
    (wire.UNLINK_IDENTITY, message(CARD), "time: is required"),
    (wire.UNLINK_IDENTITY, message(CARD, (2, moment(YEAR_2100))), "time: 2100"),
    (wire.UNLINK_IDENTITY, message((1, message((1, 77), (2, "4711"))), (2, moment(1))), "identity.type"),
    (wire.MERGE_CUSTOMERS, message((2, "b")), "absorbed_customer_id: is required"),
    (wire.MERGE_CUSTOMERS, message((1, "a")), "surviving_customer_id: is required"),
    (wire.MERGE_CUSTOMERS, message((1, "a"), (2, "a")), "surviving_customer_id: is the same as absorbed_customer_id"),
    (wire.MERGE_CUSTOMERS, message((1, "~c:1"), (2, "a")), "absorbed_customer_id: ids that begin with '~' are res"),
    (wire.MERGE_CUSTOMERS, message((1, "a"), (2, LONG)), "surviving_customer_id: 65 bytes"),
    (wire.MERGE_CUSTOMERS, message((1, BAD), (2, "a")), "absorbed_customer_id: not valid UTF-8"),
    (wire.RECORD_CONSENT, message((2, 6), CONSENT_TIME), "customer: is required"),
    (wire.RECORD_CONSENT, message(CUSTOMER, CONSENT_TIME), "channel: is required"),
    (wire.RECORD_CONSENT, message(CUSTOMER, (2, 99), CONSENT_TIME), "channel: 99 is no channel"),
    (wire.RECORD_CONSENT, message(CUSTOMER, (2, 6)), "time: is required"),
    (wire.RECORD_CONSENT, message(CUSTOMER, (2, 6), (4, moment(YEAR_1900))), "time: 1900"),
    (wire.RECORD_CONSENT, message(CUSTOMER, (2, 6), CONSENT_TIME, (5, LONG)), "source: 65 bytes"),
    (wire.RECORD_ATTRIBUTES, message(TIER, CONSENT_TIME), "customer: is required"),
    (wire.RECORD_ATTRIBUTES, message(CUSTOMER, TIER), "time: is required"),
    (wire.RECORD_ATTRIBUTES, message(CUSTOMER, TIER, (4, moment(YEAR_2100))), "time: 2100"),
    (wire.RECORD_ATTRIBUTES, message(CUSTOMER, TIER, CONSENT_TIME, (5, LONG)), "source: 65 bytes"),
    (wire.RECORD_ATTRIBUTES, message(CUSTOMER, CONSENT_TIME), "attributes: is required"),
    (wire.RECORD_ATTRIBUTES, message(CUSTOMER, CONSENT_TIME, (2, message((1, "k"), (2, TWO_MB)))), 'attributes["k"]: 20'),
    (wire.RECORD_ATTRIBUTES, message(CUSTOMER, CONSENT_TIME, (2, message((1, LONG)))), "attributes (key): 65 bytes"),
    (wire.RECORD_ATTRIBUTES, message(CUSTOMER, CONSENT_TIME, (2, message((1, "k"), (2, BAD)))), "attributes.value: not v"),
    (wire.RECORD_ATTRIBUTES, message(CUSTOMER, CONSENT_TIME, (2, message((1, "a\nb")))), "attributes (key): contains"),
    (
        wire.RECORD_ATTRIBUTES,
        message(CUSTOMER, CONSENT_TIME, (2, [message((1, f"k{i}")) for i in range(33)])),
        "attributes: 33 keys with removed_keys; at most 32",
    ),
    (wire.RECORD_ATTRIBUTES, message(CUSTOMER, TIER, CONSENT_TIME, (3, "tier")), 'removed_keys: "tier" is in attributes'),
    (wire.EXPORT_CUSTOMER, b"", "customer: is required"),
    (wire.EXPORT_CUSTOMER, message(CUSTOMER, (2, -1)), "page_size: -1"),
    (wire.EXPORT_CUSTOMER, message(CUSTOMER, (2, 1001)), "page_size: 1001"),
    (wire.EXPORT_CUSTOMER, message(CUSTOMER, (3, "no token")), "page_token"),
    (wire.ERASE_CUSTOMER, b"", "customer: is required"),
    (wire.ERASE_CUSTOMER, message((1, customer("~c:1"))), "customer.customer_id: ids that begin with '~' are reserved"),
    (wire.VALIDATE_CATALOG, b"", "source"),
    (wire.PUBLISH_CATALOG, b"", "source"),
    (wire.PUBLISH_CATALOG, message((1, message((1, BAD)))), "source.yaml: not valid UTF-8"),
    (wire.PUBLISH_CATALOG, message((1, message((1, "a: 1"), (3, 36501)))), "source.window_shift_days: 36501"),
    (wire.PUBLISH_CATALOG, message((1, message((1, "a: 1"))), (2, LONG)), "author: 65 bytes"),
    (wire.VALIDATE_CATALOG, message((1, message((1, "z" * (50 * 2**20 + 1))))), "source.yaml: 52428801 bytes"),
    (wire.GET_CATALOG, message((1, -1)), "version: must not be negative"),
]


class BadBytesTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.server = self.nbod(catalog_path=data.CATALOG)
        self.raw = wire.connect(self, self.server)

    def calls(self, method, code):
        return self.server.metric(f'nbo_calls_total{{code="{code}",method="{method.rsplit("/", 1)[1]}"}}')

    def assert_refused(self, method, payload, says, code="invalid_argument"):
        """Refused with the field named, counted once, and the server is well."""
        before = self.calls(method, code)
        reply = self.raw.call(method, payload)
        self.assertEqual(reply.code, code, reply.message)
        self.assertTrue(reply.message.startswith(says), reply.message[:300])
        self.assertLess(len(reply.message), 8192)
        self.assertEqual(self.calls(method, code), before + 1, "not counted")
        self.assert_well()

    def assert_well(self):
        self.assertTrue(self.server.alive(), self.server.log())
        self.assertEqual(self.server.page("/readyz")[0], 200)
        self.assertEqual(self.raw.call(wire.GET_OFFERS, message(POS)).code, "ok")

    def assert_nothing_stored(self):
        metrics = self.server.metrics()
        for result in ("accepted", "duplicate"):
            self.assertEqual(metrics[f'nbo_receipts_total{{result="{result}"}}'], 0)
        self.assertEqual((metrics["nbo_catalog_version"], metrics["nbo_store_customers"]), (1, 0))
        self.assertEqual(self.raw.call(wire.GET_PROFILE, message((1, customer("raw")))).code, "not_found")
        self.assertEqual(self.raw.call(wire.GET_PROFILE, message((1, identity(1, "4711")))).code, "not_found")

    def test_a_bad_request_for_offers_is_refused_by_field(self):
        for name, payload, says in OFFERS:
            with self.subTest(name):
                self.assert_refused(wire.GET_OFFERS, payload, says)
        self.assert_nothing_stored()

    def test_a_bad_receipt_is_refused_by_field_and_not_stored(self):
        for name, payload, says in PURCHASES:
            with self.subTest(name):
                self.assert_refused(wire.RECORD_PURCHASE, message((1, payload)), says)
        self.assert_refused(wire.RECORD_PURCHASE, b"", "purchase: is required")
        self.assert_nothing_stored()

    def test_other_bad_requests_are_refused_by_field(self):
        for method, payload, says in OTHERS:
            with self.subTest(f"{method} {says}"):
                self.assert_refused(method, payload, says)
        self.assert_refused(wire.GET_CATALOG, message((1, 999)), "version: 999 was never published", "not_found")
        self.assert_nothing_stored()

    def test_bad_receipts_of_a_stream_are_refused_alone_and_good_ones_counted(self):
        good = [message((1, purchase(receipt=f"good{i}"))) for i in range(len(PURCHASES))]
        payloads = [one for pair in zip(good, (message((1, bad)) for _, bad, _ in PURCHASES)) for one in pair]
        payloads += [good[0], b"\xff\xff"]  # a duplicate, and no message at all
        reply, responses = self.raw.stream(payloads)
        self.assertEqual(reply.code, "ok", reply.message)
        self.assertEqual(responses[-1][1], [len(payloads)], "all acknowledged")
        self.assertEqual(sum(response.get(2, [0])[0] for response in responses), len(good))
        self.assertEqual(wire.packed(sum((r.get(3, []) for r in responses), [])), [2 * len(good) + 1])
        rejections = [wire.decode(one) for response in responses for one in response.get(4, [])]
        self.assertEqual([r[1][0] for r in rejections], [*range(2, 2 * len(good) + 1, 2), 2 * len(good) + 2])
        for rejection, (name, _, says) in zip(rejections, PURCHASES):
            self.assertEqual(rejection[2], [3], name)
            self.assertTrue(rejection[3][0].decode().startswith(says), rejection)
        metrics = self.server.metrics()
        self.assertEqual(metrics['nbo_receipts_total{result="accepted"}'], len(good))
        self.assertEqual(metrics['nbo_receipts_total{result="duplicate"}'], 1)
        self.assert_well()

    def refused_in_a_stream(self):
        """Sends all bad receipts on one stream; their rejections."""
        reply, responses = self.raw.stream([message((1, bad)) for _, bad, _ in PURCHASES])
        self.assertEqual(reply.code, "ok", reply.message)
        return [wire.decode(one) for response in responses for one in response.get(4, [])]

    def test_the_refusals_of_a_stream_are_texts_that_a_client_can_read(self):
        for rejection, (name, _, _) in zip(self.refused_in_a_stream(), PURCHASES, strict=True):
            with self.subTest(name):
                quoted = rejection.get(4, [b""])[0]
                self.assertLessEqual(len(quoted), 64)
                quoted.decode()  # a client made by protoc refuses the whole response otherwise
                rejection[3][0].decode()

    def test_every_receipt_refused_is_counted_by_its_reason(self):
        self.refused_in_a_stream()
        for name, bad, _ in PURCHASES:
            self.raw.call(wire.RECORD_PURCHASE, message((1, bad)))
        counted = self.server.metric('nbo_receipts_total{result="invalid_argument"}')
        self.assertEqual(counted, 2 * len(PURCHASES))

    def test_a_message_of_five_megabytes_is_refused_whoever_takes_it(self):
        big = b"y" * (5 << 20)
        for method, payload in (
            (wire.GET_OFFERS, message(POS, (3, big))),
            (wire.RECORD_PURCHASE, message((1, purchase(receipt=big)))),
            (wire.PUBLISH_CATALOG, message((1, message((1, big * 11))))),
        ):
            reply = self.raw.call(method, payload)
            self.assertEqual(reply.code, "resource_exhausted", reply.message)
            self.assertIn("larger than max", reply.message)
            self.assert_well()
        reply, responses = self.raw.stream([message((1, purchase())), message((1, purchase(receipt=big)))])
        self.assertEqual(reply.code, "ok")
        self.assertIn("larger than max", str(responses))
        self.assert_well()

    def test_ids_and_amounts_at_their_limits_are_taken(self):
        who = customer("ж" * 32)  # 64 bytes
        lines = [line(EDGE, EDGE, 10**9, 10**11, 10**11)] * 10 + [line(amount=0)] * 990
        payload = purchase(who=who, receipt=EDGE, store=EDGE, lines=lines, utc_offset=-840)
        self.assertEqual(self.raw.call(wire.RECORD_PURCHASE, message((1, payload))).code, "ok")
        profile = self.server.nboctl("profile", "show", "ж" * 32, "--format", "json").json
        self.assertEqual(int(profile["windows"][-1]["revenue_minor"]), 10**12)
        self.assertEqual(profile["usual_store_id"], EDGE)
        basket = [basket_line(EDGE, EDGE, 10**9, 10**11)] * 1000
        reply = self.raw.call(wire.GET_OFFERS, message(POS, (1, who), (8, basket), (9, 100), (13, 1)))
        self.assertEqual(reply.code, "ok", reply.message)
        for seconds in (-62135596800, 253402300799):  # years 1 and 9999
            reply = self.raw.call(wire.GET_OFFERS, message(POS, (1, who), (12, message((1, seconds)))))
            self.assertEqual(reply.code, "ok", reply.message)
            reply = self.raw.call(wire.GET_PROFILE, message((1, who), (2, message((1, seconds)))))
            self.assertEqual(reply.code, "ok", reply.message)
        self.assert_well()

    def test_a_monstrous_catalog_is_refused_and_does_not_take_the_server_down(self):
        bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
        )
        rule = data.CATALOG.read_text().replace("customer.recency_days > 45", "(" * 2000 + "true" + ")" * 2000, 1)
        monsters = {
            "brackets": "[" * (1 << 20),
            "maps": "{a: " * (1 << 18),
            "indents": "".join("-\n" + " " * i for i in range(1, 2000)),
            "aliases": bomb + "segments: *a11\noffers: *a11\n",
            "rule": rule,
            "not": rule.replace("(" * 2000, "!" * 4000).replace(")" * 2000, ""),
        }
        for name, yaml in monsters.items():
            with self.subTest(name):
                reply = self.raw.call(wire.PUBLISH_CATALOG, message((1, message((1, yaml)))))
                self.assertEqual(reply.code, "invalid_argument", reply.message[:300])
                self.assert_well()
        self.assert_nothing_stored()

    def test_as_of_is_refused_without_replay(self):
        server = self.nbod(replay_enabled="false")
        raw = wire.connect(self, server)
        now = message((1, 1_500_000_000))
        profile = message((1, customer("c")), (2, now))
        for method, payload in ((wire.GET_OFFERS, message(POS, (12, now))), (wire.GET_PROFILE, profile)):
            reply = raw.call(method, payload)
            self.assertEqual(reply.code, "invalid_argument")
            self.assertIn("as_of: refused", reply.message)
