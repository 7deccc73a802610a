"""One directory belongs to one nbod."""

import data
from harness import E2eTest


class OneDirectoryTest(E2eTest):
    def test_a_second_nbod_on_the_same_directory_ends_with_a_clear_message(self):
        first = self.nbod(catalog_path=data.CATALOG)
        second = self.prepare_nbod(storage_path=first.flags["storage_path"])
        self.assertFalse(second.spawn().wait_ready())
        self.assertEqual(second.process.returncode, 1)
        self.assertRegex(second.log(), "cannot start: .*another (nbod|process)")
        self.assertIn(str(first.flags["storage_path"]), second.log())
        self.assertEqual(first.page("/readyz")[0], 200)
        self.assertEqual(first.nboctl("offers", "get", "--channel", "pos").code, 0)

    def test_a_second_nbod_on_the_same_port_ends_with_a_clear_message(self):
        first = self.nbod()
        for flag, port in (("grpc_port", "grpc"), ("http_port", "http")):
            second = self.prepare_nbod(**{flag: first.ports[port]})
            self.assertFalse(second.spawn().wait_ready())
            self.assertEqual(second.process.returncode, 1)
            self.assertIn(f"{port}.port: cannot listen on 127.0.0.1:{first.ports[port]}", second.log())
            self.assertIn("is another nbod running?", second.log())
            # What it had opened it has closed: the directory can be used.
            second.flags[flag] = 0
            second.start()

    def test_a_restart_finds_everything_again(self):
        dataset = data.sample()
        server = self.nbod(catalog_path=data.CATALOG)
        server.nboctl(*dataset.importing())
        before = server.profiles(dataset.customers(), "--as-of", data.SAMPLE_NOW)
        for _ in range(2):
            self.assertEqual(server.stop(), 0, server.log())
            server.start()
            self.assertEqual(server.profiles(dataset.customers(), "--as-of", data.SAMPLE_NOW), before)
