"""nbod is ended in the middle of an import: nothing acknowledged is lost, nothing is counted twice."""

import random
import time

import data
from harness import E2eTest, Settings, figure, finish

ACCEPTED = 'nbo_receipts_total{result="accepted"}'


class InterruptedImportTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(Settings.seed)
        self.dataset = data.largest_journey(self.directory)
        self.customers = self.dataset.customers()

    def undisturbed(self):
        """Digests after an import that nobody disturbed, and its number of receipts."""
        server = self.nbod()
        answer = server.nboctl(*self.dataset.importing())
        self.assertEqual(answer.code, 0, answer.stderr)
        digests = server.digests(self.customers)
        self.assertEqual(server.stop(), 0)
        return digests, answer.json["receipts"]["accepted"]

    def wait_for_receipts(self, server, count, importing):
        """Waits until this life of the server has taken `count`; False if the import ended before."""
        while server.metric(ACCEPTED) < count:
            if importing.poll() is not None:
                return False
            time.sleep(0.001)
        return True

    def end_during_import(self, server, end, receipts):
        """Begins an import on a running server, ends the server at a random moment, and leaves nboctl to give up.
        Returns its summary."""
        importing = self.background(server, *self.dataset.importing())
        moment = self.random.randint(receipts // 10, receipts * 6 // 10)
        self.assertTrue(self.wait_for_receipts(server, moment, importing), "the import ended too early")
        end()
        answer = finish(importing)
        self.assertEqual(answer.code, 4, answer)
        self.assertIn("run the same command again", answer.stderr)
        counts = answer.json["receipts"]
        self.assertEqual(sum(counts[name] for name in counts if name != "read"), counts["read"])
        self.assertGreater(counts["unanswered"], 0)
        return answer

    def restart_and_import(self, server):
        begin = time.monotonic()
        server.start()
        figure(f"restart after {self.id().rsplit('.', 1)[1]}: {time.monotonic() - begin:.2f} s")
        answer = server.nboctl(*self.dataset.importing())
        self.assertEqual(answer.code, 0, answer.stderr)
        return answer.json["receipts"]

    def test_nboctl_resumes_by_itself_over_five_losses_of_the_server(self):
        expected, receipts = self.undisturbed()
        server = self.nbod()
        importing = self.background(server, *self.dataset.importing())
        losses = 0
        for _ in range(5):
            if not self.wait_for_receipts(server, self.random.randint(1, receipts // 8), importing):
                break
            server.kill9()
            losses += 1
            server.start()
        answer = finish(importing)
        self.assertEqual(answer.code, 0, f"{answer.stderr} seed {Settings.seed}")
        counts = answer.json["receipts"]
        self.assertEqual(counts["accepted"] + counts["duplicate"], receipts, counts)
        self.assertLessEqual(counts["duplicate"], answer.json["resent_receipts"])
        self.assertEqual(answer.json["reopened_streams"] > 0, losses > 0)
        self.assertEqual(losses, 5, "the import was too quick")
        self.assertEqual(server.digests(self.customers), expected, f"seed {Settings.seed}")
        figure(f"kill -9 five times in one import: {counts['duplicate']} receipts had no answer, none lost")

    def test_what_was_acknowledged_before_a_kill_9_is_recorded(self):
        expected, receipts = self.undisturbed()
        server = self.nbod()
        counts = self.end_during_import(server, server.kill9, receipts).json["receipts"]
        again = self.restart_and_import(server)
        self.assertGreaterEqual(again["duplicate"], counts["accepted"] + counts["duplicate"], f"seed {Settings.seed}")
        self.assertEqual(again["accepted"] + again["duplicate"], receipts)
        self.assertEqual(server.digests(self.customers), expected, f"seed {Settings.seed}")

    def test_kill_9_at_random_moments_and_a_new_import_give_the_same_profiles(self):
        """Server and client both die, five times on one store; then one import to the end."""
        expected, receipts = self.undisturbed()
        server = self.nbod()
        moments = []
        for _ in range(5):
            importing = self.background(server, *self.dataset.importing())
            self.wait_for_receipts(server, self.random.randint(1, receipts // 6), importing)
            server.kill9()
            importing.kill()
            importing.communicate()
            server.start()
            moments.append(sum(digest is not None for digest in server.digests(self.customers).values()))
        self.assertEqual(moments, sorted(moments), "customers were lost")
        answer = server.nboctl(*self.dataset.importing())
        self.assertEqual(answer.code, 0, answer.stderr)
        self.assertEqual(answer.json["receipts"]["accepted"] + answer.json["receipts"]["duplicate"], receipts)
        self.assertGreater(answer.json["receipts"]["duplicate"], 0)
        self.assertEqual(server.digests(self.customers), expected, f"seed {Settings.seed}")

    def test_sigterm_drains_and_answers_everything_it_has_recorded(self):
        expected, receipts = self.undisturbed()
        server = self.nbod()
        codes = []
        counts = self.end_during_import(server, lambda: codes.append(server.stop()), receipts).json["receipts"]
        self.assertEqual(codes, [0], server.log())
        again = self.restart_and_import(server)
        # Drained: what is on disk and what was answered are the same receipts.
        self.assertEqual(again["duplicate"], counts["accepted"] + counts["duplicate"], f"seed {Settings.seed}")
        self.assertEqual(again["accepted"] + again["duplicate"], receipts)
        self.assertEqual(server.digests(self.customers), expected)

    def test_nboctl_carries_on_after_a_restart_by_sigterm(self):
        expected, receipts = self.undisturbed()
        server = self.nbod()
        importing = self.background(server, *self.dataset.importing())
        self.assertTrue(self.wait_for_receipts(server, receipts // 5, importing))
        self.assertEqual(server.stop(), 0, server.log())
        server.start()
        answer = finish(importing)
        self.assertEqual(answer.code, 0, answer.stderr)
        counts = answer.json["receipts"]
        self.assertEqual((counts["accepted"], counts["duplicate"]), (receipts, 0), "drained streams answer")
        self.assertEqual(server.digests(self.customers), expected)
