"""Calls of nbo.v1 with bytes of our own making: what no well-behaved client would send.

Messages are encoded here by hand (a dozen lines), so that no generated code stands between a test and the wire. The
transport is Debian's python3-grpcio; without it `connect` skips the test.
"""

import unittest
from typing import NamedTuple

UNARY_TIMEOUT_SECONDS = 30

GET_OFFERS = "/nbo.v1.DecisionService/GetOffers"
RECORD_PURCHASE = "/nbo.v1.EventService/RecordPurchase"
RECORD_PURCHASES = "/nbo.v1.EventService/RecordPurchases"
LINK_IDENTITY = "/nbo.v1.EventService/LinkIdentity"
UNLINK_IDENTITY = "/nbo.v1.EventService/UnlinkIdentity"
MERGE_CUSTOMERS = "/nbo.v1.EventService/MergeCustomers"
RECORD_CONSENT = "/nbo.v1.EventService/RecordConsent"
RECORD_ATTRIBUTES = "/nbo.v1.EventService/RecordAttributes"
EXPORT_CUSTOMER = "/nbo.v1.CustomerService/ExportCustomer"
ERASE_CUSTOMER = "/nbo.v1.CustomerService/EraseCustomer"
GET_PROFILE = "/nbo.v1.ProfileService/GetProfile"
VALIDATE_CATALOG = "/nbo.v1.CatalogService/ValidateCatalog"
PUBLISH_CATALOG = "/nbo.v1.CatalogService/PublishCatalog"
GET_CATALOG = "/nbo.v1.CatalogService/GetCatalog"


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers as protobuf has them
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(*fields) -> bytes:
    """From (number, value): int is a varint, str and bytes are length-delimited, a list repeats the field."""
    out = b""
    for number, value in fields:
        if isinstance(value, list):
            out += message(*((number, one) for one in value))
        elif isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            raw = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(raw)) + raw
    return out


def decode(raw: bytes) -> dict:
    """Field number -> list of values: int, or bytes if length-delimited."""
    fields, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = raw[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(raw):
        tag = number()
        if tag & 7 == 0:
            value = number()
        elif tag & 7 == 2:
            size = number()
            value, at = raw[at : at + size], at + size
        else:
            size = 8 if tag & 7 == 1 else 4
            value, at = raw[at : at + size], at + size
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def packed(raws: list) -> list:
    """The numbers of a packed repeated field."""
    # A packed field is a row of varints: give each a tag of field 1 by decoding byte by byte.
    numbers, value, shift = [], 0, 0
    for byte in b"".join(raws):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
    return numbers


def customer(customer_id) -> bytes:
    return message((1, customer_id))


def identity(kind, value) -> bytes:
    """A CustomerRef by identity."""
    return message((2, message((1, kind), (2, value))))


def line(product="p", category="", quantity=1000, amount=100, discount=0) -> bytes:
    return message((1, product), (2, category), (3, quantity), (4, amount), (5, discount))


def purchase(who=None, receipt="r", store="s", seconds=1_500_000_000, nanos=0, lines=None, **more) -> bytes:
    """A Purchase; valid unless told otherwise. `more`: utc_offset, channel, revision, cancelled, returns (a list of
    `returned`); seconds=None leaves the time out."""
    fields = [(1, customer("raw") if who is None else who), (2, receipt), (3, store)]
    if seconds is not None:
        fields.append((4, message((1, seconds), (2, nanos))))
    if "utc_offset" in more:
        fields.append((5, more["utc_offset"]))
    fields += [(6, more.get("channel", 1)), (7, [line()] if lines is None else lines)]
    fields += [(8, more.get("revision", 0)), (9, more.get("cancelled", 0)), (10, more.get("returns", []))]
    return message(*fields)


def returned(receipt="sale", lines=(), whole=0, store=None) -> bytes:
    """A PurchaseReturn; of the receipt's own shop unless one is given."""
    shop = [] if store is None else [(1, store)]
    return message(*shop, (2, receipt), (3, whole), (4, list(lines)))


def moment(seconds: int) -> bytes:
    return message((1, seconds))


def basket_line(product="p", category="", quantity=1000, amount=100) -> bytes:
    return message((1, product), (2, category), (3, quantity), (4, amount))


class Reply(NamedTuple):
    code: str  # as in the metrics: "invalid_argument"
    message: str
    body: bytes


class Raw:
    """A channel to nbod that carries bytes as they are."""

    def __init__(self, grpc, address: str):
        self._grpc = grpc
        options = [("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0)]
        options.append(("grpc.use_local_subchannel_pool", 1))  # after a restart: a connection of its own
        self._channel = grpc.insecure_channel(address, options=options)

    def close(self):
        self._channel.close()

    def call(self, method: str, payload: bytes) -> Reply:
        try:
            body = self._channel.unary_unary(method)(payload, timeout=UNARY_TIMEOUT_SECONDS)
            return Reply("ok", "", body)
        except self._grpc.RpcError as error:
            return Reply(error.code().name.lower(), error.details() or "", b"")

    def stream(self, payloads: list) -> tuple:
        """RecordPurchases: (Reply of the stream, the responses as `decode` gives them)."""
        call = self._channel.stream_stream(RECORD_PURCHASES)(iter(payloads), timeout=UNARY_TIMEOUT_SECONDS)
        responses = []
        try:
            for body in call:
                responses.append(decode(body))
            return Reply("ok", "", b""), responses
        except self._grpc.RpcError as error:
            return Reply(error.code().name.lower(), error.details() or "", b""), responses


def connect(test, server) -> Raw:
    """A channel for the length of the test; SkipTest without python3-grpcio."""
    try:
        import grpc  # noqa: PLC0415: optional
    except ImportError as error:
        raise unittest.SkipTest("raw bytes need Debian's python3-grpcio, and /usr/bin/python3 to find it") from error
    raw = Raw(grpc, server.address)
    test.addCleanup(raw.close)
    return raw
