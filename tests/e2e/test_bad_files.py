"""Bad CSV files and command lines: said plainly, every line accounted for, nothing half recorded."""

import os
import signal
import threading

from harness import E2eTest

HEADER = "customer_id,receipt_id,time,product_id,quantity,amount,discount,channel\n"
GOOD = "good,g1,2017-01-01 10:00:00,milk,1,1.99,0,pos\n"
# A line that must be refused -> what the reason says. Every one names customer "bad" unless it cannot.
LINES = {
    "date in 1900": ("bad,r1,1900-01-01,milk,1,1.99,0,pos", "before 1970-01-01"),
    "date in 2100": ("bad,r2,2100-01-01,milk,1,1.99,0,pos", "in the future"),
    "no date": ("bad,r3,yesterday,milk,1,1.99,0,pos", "column time"),
    "31 February": ("bad,r4,2017-02-31,milk,1,1.99,0,pos", "column time"),
    "amount of int64 max": ("bad,r5,2017-01-01,milk,1,92233720368547758.07,0,pos", "amount_minor"),
    "amount above int64": ("bad,r6,2017-01-01,milk,1,92233720368547758.08,0,pos", "column amount is too large"),
    "amount of 31 digits": (f"bad,r7,2017-01-01,milk,1,{'1' * 31},0,pos", "has more than 30 digits"),
    "amount above the limit": ("bad,r8,2017-01-01,milk,1,1000000000.01,0,pos", "amount_minor"),
    "amount below the limit": ("bad,r9,2017-01-01,milk,-1,-1000000000.01,0,pos", "amount_minor"),
    "quantity above the limit": ("bad,r10,2017-01-01,milk,1000000.001,1,0,pos", "quantity_milli"),
    "no number": ("bad,r11,2017-01-01,milk,1,1.2.3,0,pos", "column amount is not a decimal number"),
    "infinity": ("bad,r12,2017-01-01,milk,1,inf,0,pos", "column amount is not a decimal number"),
    "hexadecimal": ("bad,r13,2017-01-01,milk,1,0x10,0,pos", "column amount is not a decimal number"),
    "no amount": ("bad,r14,2017-01-01,milk,1,,0,pos", "column amount is empty"),
    "no product": ("bad,r15,2017-01-01,,1,1.99,0,pos", "column product_id is empty"),
    "no receipt id": ("bad,,2017-01-01,milk,1,1.99,0,pos", "column receipt_id is empty"),
    "receipt id of 65 bytes": (f"bad,{'x' * 65},2017-01-01,milk,1,1.99,0,pos", "purchase.receipt_id: 65 bytes"),
    "customer of 65 bytes": (f"{'x' * 65},r16,2017-01-01,milk,1,1.99,0,pos", "customer_id: 65 bytes"),
    "reserved customer": ("~bad,r17,2017-01-01,milk,1,1.99,0,pos", "ids that begin with '~'"),
    "control character": ("bad,r\x01\x02,2017-01-01,milk,1,1.99,0,pos", "purchase.receipt_id: contains a control"),
    "line break in quotes": ('bad,"r\n18",2017-01-01,milk,1,1.99,0,pos', "purchase.receipt_id: contains a control"),
    "unknown channel": ("bad,r19,2017-01-01,milk,1,1.99,0,tram", "column channel is none of the channels"),
    "too few fields": ("bad,r20,2017-01-01,milk", "the row has 4 fields, the header 8"),
    "too many fields": ("bad,r21,2017-01-01,milk,1,1.99,0,pos,more", "the row has 9 fields, the header 8"),
    "bad UTF-8 in an id": (b"bad,r\xff\xfe,2017-01-01,milk,1,1.99,0,pos", "column receipt_id is not valid UTF-8"),
    "bad UTF-8 in a customer": (b"bad\xff,r25,2017-01-01,milk,1,1.99,0,pos", "column customer_id is not valid UTF-8"),
    "bad UTF-8 in a product": (b"bad,r26,2017-01-01,milk\xc3,1,1.99,0,pos", "column product_id is not valid UTF-8"),
    "bad UTF-8 in a number": (b"bad,r22,2017-01-01,milk,1,\xff\xfe,0,pos", "column amount is not a decimal number"),
    "long Cyrillic in a number": (f"bad,r23,2017-01-01,milk,1,x{'ж' * 40},0,pos", "column amount is not a decimal"),
    "a quote never closed": ('bad,"r24,2017-01-01,milk,1,1.99,0,pos', "a quote is not closed before the end"),
}


class BadFilesTest(E2eTest):
    def importing(self, server, content, *more):
        file = self.write("file.csv", content)
        return server.nboctl("import", "purchases", file, "--quiet", "--format", "json", *more, timeout=120)

    def assert_nothing_of(self, server, *customers):
        for customer in customers:
            self.assertEqual(server.nboctl("profile", "show", customer).code, 3, f"{customer!r} is known")

    def test_a_bad_line_is_refused_alone_with_file_line_and_reason(self):
        server = self.nbod()
        accepted = 0
        for name, (line, reason) in LINES.items():
            with self.subTest(name):
                raw = line if isinstance(line, bytes) else line.encode()
                answer = self.importing(server, HEADER.encode() + GOOD.encode() + raw + b"\n")
                self.assertEqual(answer.code, 1, answer)
                counts = {key: value for key, value in answer.json["lines"].items() if value}
                fate = "duplicate" if accepted else "accepted"
                accepted = 1
                self.assertEqual(counts, {"read": 2, fate: 1, "rejected": 1})
                self.assertEqual(len(answer.json["reasons"]), 1)
                why = answer.json["reasons"][0]
                self.assertIn(reason, why["reason"])
                self.assertEqual(why["first"], f"{self.directory}/file.csv:3")
                self.assertTrue(server.alive())
                text = server.nboctl("import", "purchases", self.directory / "file.csv", "--quiet")
                self.assertEqual(text.code, 1)
                self.assertIn(reason, text.stdout)
        self.assert_nothing_of(server, "bad", "x" * 64)
        self.assertEqual(server.metric('nbo_receipts_total{result="accepted"}'), 1)
        self.assertEqual(int(server.profiles(["good"])["good"]["windows"][-1]["frequency"]), 1)

    def test_a_refused_receipt_whose_long_id_is_not_ascii_does_not_stop_the_import(self):
        """The answer quotes the id, cut to 64 bytes: here in the middle of a letter, unless the server takes care."""
        server = self.nbod()
        answer = self.importing(server, f"{HEADER}bad,r{'ж' * 32},2017-01-01,milk,1,1.99,0,pos\n{GOOD}")
        self.assertEqual(answer.code, 1, answer)
        self.assertEqual((answer.json["lines"]["accepted"], answer.json["lines"]["rejected"]), (1, 1))
        self.assertIn("purchase.receipt_id: 65 bytes", answer.json["reasons"][0]["reason"])

    def test_a_receipt_with_one_bad_line_is_held_back_whole(self):
        server = self.nbod()
        csv = HEADER + GOOD + "bad,r1,2017-01-01,milk,1,abc,0,pos\nbad,r1,2017-01-01,bread,1,2.00,0,pos\n"
        answer = self.importing(server, csv)
        self.assertEqual((answer.code, answer.json["lines"]["rejected"]), (1, 2))
        self.assert_nothing_of(server, "bad")
        # Corrected, it is taken: its id was not spent.
        answer = self.importing(server, csv.replace("abc", "1.00"))
        self.assertEqual((answer.code, answer.json["lines"]["accepted"]), (0, 2))

    def test_refusals_that_differ_in_ids_only_are_one_reason(self):
        server = self.nbod()
        csv = HEADER + "".join(f"c,r{i},2017-01-01,milk,1,1.00,0,pos\n" for i in range(20))
        self.assertEqual(self.importing(server, csv).code, 0)
        answer = self.importing(server, csv.replace("1.00", "2.00"))
        self.assertEqual((answer.code, answer.json["lines"]["rejected"]), (1, 20))
        self.assertEqual([reason["lines"] for reason in answer.json["reasons"]], [20])
        self.assertIn("ALREADY_EXISTS", answer.json["reasons"][0]["reason"])
        self.assertEqual(answer.json["reasons"][0]["example"], "r0")

    def test_files_that_cannot_be_read_at_all_send_nothing(self):
        server = self.nbod()
        cases = {
            "a column is missing": (HEADER.replace("amount,", "") + GOOD, "amount"),
            "a column twice": (HEADER.replace("discount", "amount") + GOOD, "amount"),
            "empty": ("", "file.csv"),
            "binary": (bytes(range(256)) * 10, "file.csv"),
        }
        for name, (content, says) in cases.items():
            with self.subTest(name):
                answer = self.importing(server, content)
                self.assertEqual(answer.code, 2, answer)
                self.assertIn(says, answer.stderr)
                self.assertEqual(answer.stdout, "")
        self.assertEqual(self.importing(server, HEADER).json["lines"]["read"], 0)
        missing = server.nboctl("import", "purchases", "/nowhere.csv")
        self.assertEqual(missing.code, 2)
        self.assertIn("/nowhere.csv", missing.stderr)
        self.assertEqual(server.metric('nbo_receipts_total{result="accepted"}'), 0)

    def test_a_customer_by_bad_id_is_refused_by_field(self):
        server = self.nbod()
        for args, says in (
            (["x" * 65], "customer.customer_id: 65 bytes"),
            (["a\tb"], "customer.customer_id: contains a control character"),
            (["--card", "x" * 61], "customer.identity.value: 61 bytes"),
        ):
            answer = server.nboctl("profile", "show", *args)
            self.assertEqual(answer.code, 1, answer)
            self.assertIn(says, answer.stderr)
        self.assertEqual(server.nboctl("profile", "show").code, 2)
        answer = server.nboctl("offers", "get", "--channel", "pos", *["--basket=p"] * 1001)
        self.assertEqual(answer.code, 1)
        self.assertIn("basket_lines: 1001 lines", answer.stderr)
        self.assertEqual(server.metric('nbo_calls_total{code="invalid_argument",method="GetProfile"}'), 3)
        self.assertEqual(server.metric('nbo_calls_total{code="invalid_argument",method="GetOffers"}'), 1)

    def test_a_server_that_is_slow_to_accept_is_waited_for(self):
        server = self.nbod()
        os.kill(server.process.pid, signal.SIGSTOP)
        wake = threading.Timer(0.8, os.kill, (server.process.pid, signal.SIGCONT))
        wake.start()
        self.addCleanup(wake.join)
        self.assertEqual(server.nboctl("offers", "get", "--channel", "pos").code, 0)

    def test_a_server_that_is_not_there_is_said_so(self):
        server = self.nbod()
        server.kill9()
        for args in (["profile", "show", "1"], ["offers", "get", "--channel", "pos"], ["catalog", "show"]):
            answer = server.nboctl(*args)
            self.assertEqual(answer.code, 4, answer)
            self.assertIn(f"cannot reach nbod at {server.address}", answer.stderr)
