"""A disk that really fills up: receipts are refused with the reason, offers go on, and room is all it takes."""

import os
import random
import subprocess
import unittest

import data
from harness import E2eTest, Settings, figure, finish

RECEIPTS = 40_000
LINES = 12
CUSTOMERS = 20_000  # many: receipts of one customer that come together share one write of the state
CHECKED = 500
DISK_MB = 160


class FullDiskTest(E2eTest):
    def small_disk(self):
        """A file system of DISK_MB in memory; SkipTest where mounting is not allowed."""
        disk = self.directory / "disk"
        disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(disk)]
        try:
            mounted = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            raise unittest.SkipTest("there is no mount command")
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"mounting a small disk needs root: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)], check=True)
        return disk

    def receipts_file(self):
        """Too many receipts for the room that is left: about 40 MB of log."""
        chance = random.Random(Settings.seed)
        rows = ["customer_id,receipt_id,time,product_id,category,amount"]
        for number in range(RECEIPTS):
            customer, day = chance.randrange(CUSTOMERS), chance.randrange(1, 29)
            for _ in range(LINES):
                product = chance.randrange(10**12)
                rows.append(
                    f"c{customer},r{number},2025-01-{day:02}T10:00:00Z,product-{product:030},category {product % 30},"
                    f"{chance.randrange(1, 9999) / 100}"
                )
        return self.write("receipts.csv", "\n".join(rows) + "\n")

    def fill(self, ballast):
        """Takes all the room there is; the number of bytes."""
        with open(ballast, "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                block = b"x" * size
                try:
                    while file.write(block) == size:
                        pass
                except OSError:
                    continue
        return os.path.getsize(ballast)

    def test_receipts_wait_for_room_and_offers_do_not(self):
        disk = self.small_disk()
        importing = ["import", "purchases", self.receipts_file(), "--quiet", "--format", "json"]
        customers = [f"c{number}" for number in range(CHECKED)]
        plain = self.nbod(storage_sync="false")
        self.assertEqual(plain.nboctl(*importing).json["receipts"]["accepted"], RECEIPTS)
        expected = plain.digests(customers)
        plain.stop()

        server = self.nbod(storage_path=disk / "store", storage_max_wal_mb=8, catalog_path=data.CATALOG)
        self.assertEqual(server.nboctl(*data.sample().importing()).code, 0)
        self.assertEqual(server.page("/readyz"), (200, "ready\n"))
        ballast = disk / "ballast"
        figure(f"full disk: {self.fill(ballast) >> 20} MB of ballast on a disk of {DISK_MB} MB")
        process = self.background(server, *importing)
        why = f"no space left on {disk / 'store'}; receipts are refused until there is room, offers go on"
        self.wait_until(lambda: server.page("/readyz") == (200, f"read-only: {why}\n"), "the store is full")
        self.assertEqual(server.metric("nbo_store_writable"), 0)
        offers = server.nboctl("offers", "get", "--customer", "67", "--channel", "kiosk", "--format", "json")
        self.assertEqual(offers.code, 0, offers.stderr)
        self.assertEqual(offers.json["tier"], "ANSWER_TIER_FULL")
        self.assertEqual(server.nboctl("profile", "show", "67").code, 0)
        catalog = server.nboctl("catalog", "publish", data.CATALOG)
        self.assertNotEqual(catalog.code, 0)
        self.assertIn(why, catalog.stderr)
        self.assertIsNone(process.poll(), "nboctl waits for room")

        ballast.unlink()
        answer = finish(process)
        self.assertEqual(answer.code, 0, answer.stderr)
        counts = answer.json["receipts"]
        self.assertEqual(counts["accepted"] + counts["duplicate"], RECEIPTS, counts)
        self.assertEqual(server.page("/readyz"), (200, "ready\n"))
        self.assertEqual(server.metric("nbo_store_writable"), 1)
        self.assertEqual(server.log().count("the store is read-only"), 1, "once, not for every receipt")
        self.assertEqual(server.log().count("the store takes writes again"), 1)
        self.assertEqual(server.digests(customers), expected, f"seed {Settings.seed}")
        server.kill9()
        server.start()
        self.assertEqual(server.digests(customers), expected, f"seed {Settings.seed}")
