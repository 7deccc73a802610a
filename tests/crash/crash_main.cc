// nbo_crash: kills a server again and again under load and proves that nothing acknowledged was lost or counted twice,
// and that budgets and caps are what the decision log says.
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/crash/audit.h"
#include "tests/crash/events.h"
#include "tests/crash/ledger.h"
#include "tests/crash/load.h"
#include "tests/crash/server_process.h"
#include "tests/crash/shop.h"
#include "tests/crash/shop_audit.h"
#include "tests/crash/shop_record.h"

namespace nbo::crash {
namespace {

// Acknowledged receipts that are sent again first after each crash: the last ones are those that can be lost.
constexpr size_t kProbes = 500;

struct Options {
  std::string server, reference;
  int rounds = 300;
  uint64_t seed = 0;
  int customers = 2000, cards = 1500;
  int streams = 4;
  int max_wal_mb = 8;  // small, so that logs change and tables are written within the rounds
  bool sync = true;
  bool expect_loss = false;
  std::string directory;
};

// Writes the catalog, too.
std::vector<std::string> FlagsOf(const Options& options) {
  const std::string catalog = options.directory + "/catalog.yaml";
  std::ofstream(catalog) << ShopCatalog();
  return {absl::StrCat("--storage-max-wal-mb=", options.max_wal_mb),
          absl::StrCat("--storage-sync=", options.sync ? "true" : "false"), "--catalog-path=" + catalog,
          "--decisions-segment-mb=1",   // so that files of the log change within the rounds
          "--decision-max-wait-ms=0"};  // an answer without the profile is none of the shop's
}

class Harness {
 public:
  Harness(const Options& options, const EventShape& shape)
      : options_(options),
        shape_(shape),
        ledger_(shape),
        random_(options.seed),
        server_(options.server, options.directory + "/server", FlagsOf(options)) {}

  // False if something was wrong; it was printed.
  bool Run();

 private:
  bool Round(int round);
  bool Settle();
  bool Audit();
  bool Start();
  // Null if receipts may be lost: then its customers may not be known any more.
  std::unique_ptr<Shop> OpenShop(bool only_unsettled);
  bool Good(const Load& load, const Shop* shop);
  bool AuditShop();
  void KillSomehow();
  absl::Duration DrawLife();
  void Print() const;

  const Options options_;
  const EventShape shape_;
  Ledger ledger_;
  ShopRecord shop_record_;
  std::mt19937_64 random_;
  ServerProcess server_;
  int rounds_done_ = 0;
  int64_t offers_ = 0;
  std::vector<double> start_ms_;
};

bool Fail(const std::string& what) {
  std::printf("FAILED: %s\n", what.c_str());
  return false;
}

// 1 ms to 1 s: half of them spread evenly, half with every order of magnitude alike.
absl::Duration Harness::DrawLife() {
  const double even = std::uniform_real_distribution<double>(0, 1)(random_);
  return absl::Milliseconds(random_() % 2 == 0 ? 1 + 999 * even : std::pow(1000.0, even));
}

bool Harness::Start() {
  if (absl::Status s = server_.Start(); !s.ok()) return Fail(std::string(s.message()));
  start_ms_.push_back(absl::ToDoubleMilliseconds(server_.start_time()));
  return true;
}

std::unique_ptr<Shop> Harness::OpenShop(bool only_unsettled) {
  if (!options_.sync) return nullptr;
  shop_record_.ProbeNewest();
  return std::make_unique<Shop>(server_.port(), options_.seed, rounds_done_, only_unsettled, &shop_record_);
}

bool Harness::Good(const Load& load, const Shop* shop) {
  std::vector<std::string> complaints = load.complaints();
  if (shop != nullptr) {
    for (const std::string& complaint : shop->complaints()) complaints.push_back(complaint);
  }
  for (const std::string& complaint : complaints) std::printf("  %s\n", complaint.c_str());
  for (const std::string& mistake : ledger_.mistakes()) std::printf("  %s\n", mistake.c_str());
  for (const std::string& mistake : shop_record_.mistakes()) std::printf("  %s\n", mistake.c_str());
  const LedgerCounts counts = ledger_.counts();
  if (counts.lost > 0) return Fail(absl::StrCat(counts.lost, " answers tell that something acknowledged was lost"));
  if (counts.wrong > 0) return Fail(absl::StrCat(counts.wrong, " answers cannot be right"));
  if (!shop_record_.mistakes().empty()) return Fail("answers to outcomes cannot be right");
  if (!complaints.empty()) return Fail("calls failed while the server lived");
  return true;
}

// Every fourth time while it stops in good order: the last checkpoints are being written then.
void Harness::KillSomehow() {
  if (random_() % 4 == 0) {
    server_.Terminate();
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 40'000));
  }
  server_.Kill();
}

bool Harness::Round(int round) {
  const absl::Duration life = DrawLife();
  if (!Start()) return false;
  ledger_.ProbeNewest(kProbes);
  LoadOptions options;
  options.streams = options_.streams;
  Load load(server_.port(), shape_, options, &ledger_);
  const std::unique_ptr<Shop> shop = OpenShop(/*only_unsettled=*/false);
  if (!load.AwaitFirstAnswer()) return Fail("no receipt was answered within a minute");
  std::this_thread::sleep_for(absl::ToChronoMicroseconds(life));
  load.ExpectDeath();
  if (shop != nullptr) shop->ExpectDeath();
  KillSomehow();
  load.Join();
  if (shop != nullptr) shop->Join();
  offers_ += load.offers_answered();
  ++rounds_done_;
  if ((round + 1) % 25 == 0 || round + 1 == options_.rounds) {
    const LedgerCounts counts = ledger_.counts();
    std::printf("round %d: %d acknowledged, %d sent again, of which %d were there\n", round + 1,
                static_cast<int>(counts.acknowledged), static_cast<int>(counts.resent),
                static_cast<int>(counts.resent_duplicates));
    std::fflush(stdout);
  }
  return Good(load, shop.get());
}

// Sends what is unsettled until everything is.
bool Harness::Settle() {
  if (!Start()) return false;
  ledger_.ProbeNewest(kProbes);
  ledger_.BeginDrain();
  Load load(server_.port(), shape_, LoadOptions{.streams = options_.streams}, &ledger_);
  const std::unique_ptr<Shop> shop = OpenShop(/*only_unsettled=*/true);
  load.Join();
  if (shop != nullptr) shop->Join();
  return Good(load, shop.get());
}

// Of a server that answers nobody else.
bool Harness::AuditShop() {
  const auto log = ReadLog(server_.port());
  if (!log.ok()) return Fail(std::string(log.status().message()));
  ShopAudit audit(*log);
  audit.CheckRecord(shop_record_);
  audit.CheckBudgets(server_.port());
  if (audit.differences().empty()) {  // and nothing is held for ever
    std::this_thread::sleep_until(absl::ToChronoTime(audit.reservations_end()));
    audit.CheckBudgets(server_.port());
  }
  std::printf("audit: %s\n", audit.Figures().c_str());
  for (const std::string& difference : audit.differences()) std::printf("  %s\n", difference.c_str());
  return audit.differences().empty() || Fail("the decision log, budgets or caps are not as they must be");
}

bool Harness::Audit() {
  server_.Kill();  // what is audited has been read from the disk
  if (!Start()) return false;
  const auto found = ReadProfiles(server_.port(), shape_);
  if (!found.ok()) return Fail(std::string(found.status().message()));
  if (options_.sync && !AuditShop()) return false;
  if (absl::Status s = server_.Stop(); !s.ok()) return Fail(std::string(s.message()));

  const std::vector<uint64_t> recorded = ledger_.Recorded();
  Model model(shape_);
  for (const uint64_t number : recorded) model.Add(MakeEvent(shape_, number));
  ServerProcess clean(options_.reference, options_.directory + "/clean", {"--storage-sync=false"});
  if (absl::Status s = clean.Start(); !s.ok()) return Fail(std::string(s.message()));
  if (absl::Status s = Replay(clean.port(), shape_, recorded); !s.ok()) return Fail(std::string(s.message()));
  const auto replayed = ReadProfiles(clean.port(), shape_);
  if (!replayed.ok()) return Fail(std::string(replayed.status().message()));
  clean.Kill();

  const AuditResult result = Compare(*found, *replayed, shape_, model);
  std::printf("audit: %d events of %d customers, %d missing, %d counted twice\n", static_cast<int>(recorded.size()),
              static_cast<int>(result.customers), static_cast<int>(result.missing),
              static_cast<int>(result.double_counted));
  for (const std::string& difference : result.differences) std::printf("  %s\n", difference.c_str());
  return result.ok() || Fail("states differ");
}

void Harness::Print() const {
  const LedgerCounts c = ledger_.counts();
  std::vector<double> sorted = start_ms_;
  std::sort(sorted.begin(), sorted.end());
  std::printf(
      "%s\n",
      absl::StrFormat(
          R"({"seed": %d, "rounds": %d, "sync": %s, "events": %d, "acknowledged": %d, "refused": %d, )"
          R"("corrected": %d, "superseded": %d, "statements": %d, "repeats": %d, "conflicts": %d, "resent": %d, "resent_duplicates": %d, "lost": %d, "wrong": %d, )"
          R"("offers": %d, "ready_ms_median": %.0f, "ready_ms_max": %.0f})",
          options_.seed, rounds_done_, options_.sync ? "true" : "false", c.events, c.acknowledged, c.refused,
          c.corrected, c.superseded, c.statements, c.repeats, c.conflicts, c.resent, c.resent_duplicates, c.lost,
          c.wrong, offers_, sorted.empty() ? 0.0 : sorted[sorted.size() / 2], sorted.empty() ? 0.0 : sorted.back())
          .c_str());
}

bool Harness::Run() {
  bool good = true;
  for (int round = 0; round < options_.rounds && good; ++round) good = Round(round);
  good = good && Settle() && Audit();
  Print();
  if (!options_.expect_loss) return good;
  if (ledger_.counts().lost > 0) {
    std::printf("as expected, receipts were lost\n");
    return true;
  }
  return Fail("nothing was lost: this harness sees no loss, or nothing was held back");
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Starts a server, drives it with receipts, requests for offers and outcomes, kills it with -9 at a random "
      "moment, "
      "starts it again on the same directory, and so on; then compares every profile with a clean replay of what was "
      "acknowledged, and budgets and caps with the decision log.");
  Options options;
  app.add_option("--server", options.server, "the nbod to kill")->required()->check(CLI::ExistingFile);
  app.add_option("--reference", options.reference, "the nbod for the clean replay; --server if missing");
  app.add_option("--rounds", options.rounds, "kills")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--seed", options.seed, "of everything that is random; from the clock if missing");
  app.add_option("--customers", options.customers)->check(CLI::Range(8, 1'000'000))->capture_default_str();
  app.add_option("--cards", options.cards)->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--streams", options.streams, "at once")->check(CLI::Range(1, 60))->capture_default_str();
  app.add_option("--max-wal-mb", options.max_wal_mb, "the server's storage.max_wal_mb")->capture_default_str();
  app.add_option("--sync", options.sync, "the server's storage.sync")->capture_default_str();
  app.add_flag("--expect-loss", options.expect_loss, "succeed only if acknowledged receipts are lost");
  app.add_option("--directory", options.directory, "for data and logs, kept; a temporary one if missing");
  CLI11_PARSE(app, argc, argv);
  if (options.seed == 0) options.seed = static_cast<uint64_t>(absl::ToUnixNanos(absl::Now()));
  if (options.reference.empty()) options.reference = options.server;
  const bool temporary = options.directory.empty();
  if (temporary) {
    std::string made = (std::filesystem::temp_directory_path() / "nbo-crash-XXXXXX").string();
    if (mkdtemp(made.data()) == nullptr) return Fail("cannot make " + made), 2;
    options.directory = made;
  }
  const EventShape shape{options.seed, options.customers, options.cards};
  std::printf("seed %llu, %d rounds, in %s\n", static_cast<unsigned long long>(options.seed), options.rounds,
              options.directory.c_str());
  const bool good = Harness(options, shape).Run();
  if (good && temporary) std::filesystem::remove_all(options.directory);
  if (!good)
    std::printf("repeat with --seed %llu; data and logs are in %s\n", static_cast<unsigned long long>(options.seed),
                options.directory.c_str());
  return good ? 0 : 1;
}

}  // namespace
}  // namespace nbo::crash

int main(int argc, char** argv) { return nbo::crash::Main(argc, argv); }
