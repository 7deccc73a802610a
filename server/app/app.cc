#include "server/app/app.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/catalog/terms.h"
#include "core/propensity/active.h"
#include "server/app/event_log.h"
#include "server/app/machine_memory.h"
#include "server/app/system.h"
#include "server/app/watched_files.h"
#include "server/catalog/library.h"
#include "server/catalog/publisher.h"
#include "server/catalog/worker.h"
#include "server/checkout/checkout_desk.h"
#include "server/decision/decider.h"
#include "server/decision/upkeep.h"
#include "server/net/server.h"
#include "server/ops/measured_store.h"
#include "server/ops/ops_server.h"
#include "server/ops/store_metrics.h"
#include "server/population/refresher.h"
#include "server/propensity/refresher.h"
#include "server/redemption/recognizer.h"
#include "server/rpc/grpc_site.h"
#include "server/rpc/health.h"
#include "server/rpc/outcome_stream.h"
#include "server/rpc/reflection.h"
#include "server/rpc/services.h"
#include "server/site/http_site.h"
#include "server/site/make_site.h"
#include "server/switches/switchboard.h"
#include "storage/storage.h"

namespace nbo::server {
namespace {

// What /readyz says; read by the HTTP threads.
enum class Stage { kStarting, kServing, kDraining };

class RunningApp : public App {
 public:
  RunningApp(const Settings& settings, const Overrides& overrides) : settings_(settings), overrides_(overrides) {}
  ~RunningApp() override { Stop().IgnoreError(); }

  absl::Status Run();
  void Reload() override { files_.Reload(publisher_.get()); }
  absl::Status Stop() override;
  int grpc_port() const override { return server_ != nullptr ? server_->port() : 0; }
  int http_port() const override { return ops_ != nullptr ? ops_->port() : 0; }

 private:
  absl::Status StartOps();
  absl::Status OpenStore();
  absl::Status ActivateCatalog();
  absl::Status LoadSwitches();
  absl::Status OpenLedger();
  void SetBudgets(const Catalog& catalog);
  absl::Status StartHandlers();
  absl::Status Listen();
  absl::Status WritePortsFile() const;
  absl::Status ReadTimeZones();
  std::string MetricsPage() const;
  std::string NotReady() const;
  std::string ReadyPage() const;

  const Settings settings_;
  const Overrides overrides_;
  absl::TimeZone time_zone_;
  SystemClock clock_;
  SystemRandomness randomness_;
  Metrics metrics_;
  ActiveCatalog active_catalog_;
  ActivePopulation active_population_;
  ActiveStoreZones store_zones_;
  ActiveSwitches switches_;
  ActiveBudgetGauge budget_gauge_;
  ActivePropensities propensity_;
  RecentShown recent_shown_{clock_.Now()};
  mutable absl::Mutex figures_mutex_;  // held while a page reads the store
  WatchedFiles files_{settings_, &store_zones_, &active_catalog_, &metrics_};
  std::atomic<Stage> stage_{Stage::kStarting};

  std::unique_ptr<PurchaseStreams> streams_;  // outlives the pipeline, which calls it
  std::unique_ptr<OutcomeStreams> outcome_streams_;

  // In the order of making; Stop undoes it from the end.
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<CatalogPublisher> publisher_;
  std::unique_ptr<CatalogWorker> catalog_worker_;
  std::unique_ptr<JobThreads> store_threads_;
  std::unique_ptr<JobThreads> log_threads_;
  std::unique_ptr<JobThreads> switch_thread_;
  std::unique_ptr<Switchboard> switchboard_;
  std::unique_ptr<CatalogLibrary> library_;
  BudgetBook budgets_;
  std::unique_ptr<ContactLedger> ledger_;
  std::unique_ptr<LedgerUpkeep> upkeep_;
  std::unique_ptr<MeasuredStore> profiles_;
  std::unique_ptr<IngestPipeline> pipeline_;
  std::unique_ptr<PopulationRefresher> refresher_;
  std::unique_ptr<Decider> decider_;
  std::unique_ptr<DecisionHandler> decision_;
  std::unique_ptr<OutcomeHandler> outcomes_;
  std::unique_ptr<RedemptionRecognizer> recognizer_;
  std::unique_ptr<PropensityRefresher> learning_;
  std::unique_ptr<DecisionLogHandler> decision_log_;
  std::unique_ptr<BudgetHandler> budget_handler_;
  std::unique_ptr<OfferDesk> offers_;
  std::unique_ptr<EventHandler> event_;
  std::unique_ptr<CheckoutDesk> checkouts_;
  std::unique_ptr<StatementHandler> statements_;
  std::unique_ptr<ExportHandler> exports_;
  std::unique_ptr<Maintenance> maintenance_;
  std::unique_ptr<MaintenanceHandler> maintenance_handler_;
  std::unique_ptr<ProfileHandler> profile_;
  std::unique_ptr<CatalogHandler> catalog_;
  std::unique_ptr<SegmentHandler> segment_;
  std::unique_ptr<RulesHandler> rules_;
  std::unique_ptr<SwitchHandler> switch_handler_;
  MethodTable methods_;
  Health health_{&methods_};
  GrpcSite grpc_site_{&methods_};
  std::unique_ptr<SiteContext> site_context_;
  std::unique_ptr<HttpSite> site_;
  std::unique_ptr<NetServer> server_;
  std::unique_ptr<OpsServer> ops_;
};

std::string RunningApp::NotReady() const {
  switch (stage_.load()) {
    case Stage::kStarting: return "starting";
    case Stage::kDraining: return "shutting down";
    case Stage::kServing: return "";
  }
  return "";
}

std::string RunningApp::ReadyPage() const {
  absl::MutexLock lock(&figures_mutex_);
  if (stage_.load() != Stage::kServing) return "ready";
  const storage::WriteState state = storage_->GetWriteState();
  return state.writable ? "ready" : absl::StrCat("read-only: ", state.trouble);
}

std::string RunningApp::MetricsPage() const {
  LiveFigures figures;
  absl::MutexLock lock(&figures_mutex_);
  if (stage_.load() == Stage::kServing) {  // until then the store is being opened, afterwards closed
    figures.storage = storage_->Stats();
    figures.ingest_queue = pipeline_->QueueLength();
    figures.ingest_queue_bytes = pipeline_->budget().used();
    figures.open_streams = streams_->open_count();
    figures.open_checkouts = checkouts_->open_count();
    const OfferDesk::Figures offers = offers_->GetFigures();
    figures.decisions_in_flight = offers.in_flight;
    figures.decisions_waiting = offers.reads.waiting;
    figures.stalled_reads = offers.reads.stalled;
    figures.net = server_->GetFigures();
  }
  const auto catalog = active_catalog_.Pin();
  figures.catalog_version = catalog->version;
  figures.catalog_offers = catalog->offers.size();
  const auto switches = switches_.Pin();
  figures.switches_paused = switches == nullptr ? 0 : switches->size();
  return RenderMetrics(*metrics_.registry(), figures);
}

absl::Status RunningApp::StartOps() {
  auto ops = OpsServer::Start(
      settings_.http_address, settings_.http_port,
      {[this] { return MetricsPage(); }, [this] { return NotReady(); }, [this] { return ReadyPage(); }});
  if (!ops.ok()) return ops.status();
  ops_ = *std::move(ops);
  return absl::OkStatus();
}

absl::Status RunningApp::OpenStore() {
  storage::StorageOptions options;
  options.path = settings_.storage_path;
  options.sync = settings_.storage_sync;
  options.block_cache_bytes = settings_.storage_block_cache_mb == 0
                                  ? AutomaticBlockCacheBytes(MachineMemoryBytes())
                                  : uint64_t{static_cast<uint32_t>(settings_.storage_block_cache_mb)} << 20;
  options.state_cache_bytes = uint64_t{static_cast<uint32_t>(settings_.storage_state_cache_mb)} << 20;
  options.tombstone_key_path = settings_.storage_tombstone_key;
  options.decision_segment_bytes = uint64_t{static_cast<uint32_t>(settings_.decisions_segment_mb)} << 20;
  if (settings_.decisions_skip_damage) options.on_skipped_decisions = LogSkippedDecisions;
  options.max_wal_bytes = uint64_t{static_cast<uint32_t>(settings_.storage_max_wal_mb)} << 20;
  options.file_system = overrides_.file_system;
  options.on_write_state = LogWriteState;
  if (!options.sync)
    spdlog::warn("storage.sync is off: acknowledged receipts may be lost when the machine loses power");
  auto storage = storage::OpenStorage(options);
  if (!storage.ok()) return storage.status();
  storage_ = *std::move(storage);
  return absl::OkStatus();
}

absl::Status RunningApp::ActivateCatalog() {
  publisher_ = std::make_unique<CatalogPublisher>(
      settings_.currency, &storage_->catalogs(), &active_catalog_, &clock_, time_zone_,
      [this](const CatalogActivation& activation) {
        LogActivation(activation);
        metrics_.CountActivation(activation.state);
      },
      [this](const std::shared_ptr<const Catalog>& catalog) {
        SetBudgets(*catalog);
        library_->Keep(catalog);
      });
  library_ = std::make_unique<CatalogLibrary>(&active_catalog_, publisher_.get());
  files_.NoteCatalog();
  auto activated = publisher_->Resume();
  publisher_->ActivateDue();  // what became due while no nbod ran
  if (active_catalog_.Pin()->version > 0) return absl::OkStatus();
  if (!activated.ok())
    spdlog::error("the last active catalog in the store cannot be used:\n{}", Text(activated.status()));
  if (!settings_.catalog_path.empty()) {
    return files_.PublishCatalog(activated.ok() ? "first start" : "the active catalog cannot be used",
                                 publisher_.get());
  }
  if (!activated.ok()) {
    return absl::FailedPreconditionError("no usable catalog; start once with --catalog-path to publish another");
  }
  spdlog::warn("no catalog was published yet: answers will hold no offers; publish one with 'nboctl catalog publish'");
  return absl::OkStatus();
}

absl::Status RunningApp::LoadSwitches() {
  switchboard_ = std::make_unique<Switchboard>(&storage_->switches(), &switches_, &clock_, LogSwitch);
  if (absl::Status s = switchboard_->Load(); !s.ok()) return s;
  if (const auto switches = switches_.Pin(); switches != nullptr) {
    spdlog::warn("switches in force: {}; 'nboctl switch list' shows what is paused", switches->size());
  }
  return absl::OkStatus();
}

void RunningApp::SetBudgets(const Catalog& catalog) {
  const double minor_per_major = std::pow(10.0, settings_.currency_digits);
  budget_gauge_.Swap(catalog.version,
                     budgets_.SetLimits(catalog.offers.size(), BudgetsOf(catalog, minor_per_major), clock_.Now()));
}

absl::Status RunningApp::OpenLedger() {
  for (const std::string& note : storage_->opening_notes()) spdlog::warn("decision log: {}", note);
  library_->Keep(active_catalog_.Pin());
  LedgerOptions options;
  options.max_bytes = size_t{static_cast<uint32_t>(settings_.decisions_cache_mb)} << 20;
  ledger_ = std::make_unique<ContactLedger>(&storage_->decisions(), &storage_->ledgers(), &budgets_, options);
  if (absl::Status s = ledger_->Recover(); !s.ok()) return s;
  SetBudgets(*active_catalog_.Pin());
  const absl::Duration kept = absl::Hours(24) * settings_.decisions_keep_days;
  const uint64_t max_bytes = uint64_t{static_cast<uint32_t>(settings_.decisions_max_mb)} << 20;
  upkeep_ = std::make_unique<LedgerUpkeep>(
      UpkeepOptions(), ledger_.get(), &budgets_, &clock_,
      [this, kept, max_bytes](absl::Time now) { storage_->DropDecisions(now - kept, max_bytes); }, LogCheckpoint);
  return absl::OkStatus();
}

absl::Status RunningApp::StartHandlers() {
  const Deployment deployment{time_zone_, std::pow(10.0, settings_.currency_digits)};
  const TimeRules rules{time_zone_, absl::Hours(settings_.ingest_max_future_skew_hours), &store_zones_,
                        settings_.retention_receipts_days};
  IngestOptions ingest;
  ingest.writers = settings_.ingest_writers;
  ingest.max_group = static_cast<size_t>(settings_.ingest_max_group);
  ingest.linger = absl::Milliseconds(settings_.ingest_linger_ms);
  ingest.max_queue_bytes = size_t{static_cast<uint32_t>(settings_.ingest_max_queue_mb)} << 20;
  profiles_ = std::make_unique<MeasuredStore>(&storage_->profiles(), &metrics_);
  ProfileStore* profiles = profiles_.get();
  pipeline_ = std::make_unique<IngestPipeline>(ingest, profiles, &metrics_);
  streams_ =
      std::make_unique<PurchaseStreams>(StreamOptions{.max_streams = settings_.ingest_max_streams}, pipeline_.get());
  PopulationOptions population;
  population.interval = absl::Minutes(settings_.population_refresh_minutes);
  population.time_zone = time_zone_;
  population.minor_per_major = std::llround(deployment.minor_per_major);
  refresher_ = std::make_unique<PopulationRefresher>(population, profiles, &storage_->populations(),
                                                     &active_population_, &clock_, &metrics_);
  decider_ = std::make_unique<Decider>(
      DeciderOptions{deployment.minor_per_major, settings_.decisions_full_permille / 1000.0}, ledger_.get(),
      &storage_->decisions(), library_.get(), &switches_, &budget_gauge_, &propensity_, &clock_, &randomness_,
      [this](const CustomerState& state) { return storage_->EncodeState(state); });
  outcomes_ =
      std::make_unique<OutcomeHandler>(profiles, ledger_.get(), &storage_->decisions(), &clock_, rules, &metrics_);
  recognizer_ =
      std::make_unique<RedemptionRecognizer>(profiles, ledger_.get(), &storage_->decisions(), &active_catalog_, &clock_,
                                             deployment.minor_per_major, &metrics_, LogRedemptionTrouble);
  pipeline_->OnRecorded([this](const Receipt& receipt) { recognizer_->OnRecorded(receipt); });
  PropensityOptions learning;
  learning.interval = absl::Seconds(settings_.propensity_refresh_seconds);
  learning_ = std::make_unique<PropensityRefresher>(learning, &storage_->decisions(), &storage_->propensities(),
                                                    &active_catalog_, &propensity_, &clock_, &metrics_);
  budget_handler_ = std::make_unique<BudgetHandler>(&active_catalog_, &budgets_, deployment.minor_per_major, &clock_);
  decision_log_ = std::make_unique<DecisionLogHandler>(
      &storage_->decisions(), library_.get(), deployment.minor_per_major,
      [this](absl::string_view bytes, CustomerState* state) { return storage_->DecodeState(bytes, state); });
  decision_ =
      std::make_unique<DecisionHandler>(profiles, &active_catalog_, &active_population_, &clock_, decider_.get(),
                                        time_zone_, &store_zones_, settings_.replay_enabled, &recent_shown_);
  offers_ = std::make_unique<OfferDesk>(
      DeskOptions{absl::Milliseconds(settings_.decision_max_wait_ms), settings_.decision_reader_threads,
                  static_cast<size_t>(settings_.decision_max_waiting),
                  static_cast<size_t>(settings_.decision_max_in_flight)},
      decision_.get(), &metrics_);
  switch_handler_ =
      std::make_unique<SwitchHandler>(switchboard_.get(), &active_catalog_, &recent_shown_, &store_zones_, &clock_);
  event_ = std::make_unique<EventHandler>(pipeline_.get(), &clock_, rules, &metrics_);
  checkouts_ =
      std::make_unique<CheckoutDesk>(CheckoutOptions{.max_open = static_cast<size_t>(settings_.checkout_max_open)},
                                     offers_.get(), event_.get(), &clock_, &metrics_);
  statements_ = std::make_unique<StatementHandler>(profiles, pipeline_.get(), &clock_, rules, ledger_.get());
  exports_ = std::make_unique<ExportHandler>(profiles, &clock_);
  maintenance_ = std::make_unique<Maintenance>(MaintenanceOptions{settings_.retention_receipts_days, time_zone_},
                                               profiles, pipeline_.get(), &clock_, [this] {
                                                 // What was erased can be blanked in the log once the store knows of
                                                 // it.
                                                 const absl::Status kept = ledger_->Checkpoint(clock_.Now());
                                                 return kept.ok() ? storage_->Compact() : kept;
                                               });
  maintenance_handler_ = std::make_unique<MaintenanceHandler>(
      maintenance_.get(), [this] { return static_cast<int64_t>(storage_->Stats().estimated_customers); });
  profile_ = std::make_unique<ProfileHandler>(profiles, &active_catalog_, &active_population_, &clock_, deployment,
                                              &store_zones_, settings_.replay_enabled);
  catalog_ = std::make_unique<CatalogHandler>(publisher_.get(),
                                              [this](bool accepted) { metrics_.CountPublication(accepted); });
  catalog_worker_ = std::make_unique<CatalogWorker>(publisher_.get());
  segment_ = std::make_unique<SegmentHandler>(refresher_.get(), &active_population_, &active_catalog_, time_zone_,
                                              settings_.replay_enabled);
  rules_ = std::make_unique<RulesHandler>(profiles, &active_catalog_, &active_population_, &clock_, deployment,
                                          &store_zones_, settings_.replay_enabled);
  constexpr int kStoreThreads = 2;
  constexpr size_t kMaxJobs = 256;  // that wait, of each kind
  store_threads_ = std::make_unique<JobThreads>(kStoreThreads, kMaxJobs);
  // Documented in decision_log_service.proto.
  constexpr int kLogThreads = 2;
  constexpr size_t kMaxLogJobs = 32;
  constexpr int kLogNiceness = 10;
  log_threads_ = std::make_unique<JobThreads>(kLogThreads, kMaxLogJobs, kLogNiceness);
  switch_thread_ = std::make_unique<JobThreads>(1, kMaxJobs);
  outcome_streams_ = std::make_unique<OutcomeStreams>(StreamOptions{.max_streams = settings_.ingest_max_streams},
                                                      store_threads_.get());
  methods_ =
      MakeMethods({offers_.get(), event_.get(), outcomes_.get(), decision_log_.get(), budget_handler_.get(),
                   statements_.get(), exports_.get(), maintenance_handler_.get(), profile_.get(), catalog_.get(),
                   segment_.get(), rules_.get(), switch_handler_.get(), catalog_worker_.get(), store_threads_.get(),
                   log_threads_.get(), switch_thread_.get(), outcome_streams_.get(), checkouts_.get()},
                  &metrics_, streams_.get());
  health_.AddTo(&methods_);
  AddReflection(&methods_);
  auto context = MakeSiteContext(settings_, &methods_);
  if (!context.ok()) return context.status();
  site_context_ = *std::move(context);
  site_ = std::make_unique<HttpSite>(&grpc_site_, site_context_.get(), checkouts_.get());
  return absl::OkStatus();
}

absl::Status RunningApp::Listen() {
  NetOptions options;
  options.threads = settings_.grpc_threads;
  options.max_connections = settings_.grpc_max_connections;
  options.max_calls_per_connection = settings_.grpc_max_calls_per_connection;
  options.max_memory_bytes = size_t{static_cast<uint32_t>(settings_.grpc_max_memory_mb)} << 20;
  auto server = NetServer::Listen(settings_.grpc_address, settings_.grpc_port, options, site_.get());
  if (!server.ok()) {
    return absl::Status(server.status().code(),
                        absl::StrCat("grpc.port: ", server.status().message(), "; is another nbod running?"));
  }
  server_ = *std::move(server);
  health_.SetServing(true);
  return absl::OkStatus();
}

absl::Status RunningApp::WritePortsFile() const {
  if (settings_.ports_file.empty()) return absl::OkStatus();
  // Written aside and renamed, so that a reader never sees half of it.
  const std::string aside = absl::StrCat(settings_.ports_file, ".new");
  {
    std::ofstream file(aside);
    file << absl::StrCat("{\"grpc\": ", grpc_port(), ", \"http\": ", http_port(), "}\n");
    if (!file) return absl::UnavailableError(absl::StrCat("ports_file: cannot write ", aside));
  }
  if (std::rename(aside.c_str(), settings_.ports_file.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("ports_file: cannot write ", settings_.ports_file));
  }
  return absl::OkStatus();
}

absl::Status RunningApp::ReadTimeZones() {
  if (!absl::LoadTimeZone(settings_.time_zone, &time_zone_)) {
    return absl::InvalidArgumentError(absl::StrCat("time_zone: '", settings_.time_zone,
                                                   "' is not known; use an IANA name such as Europe/Berlin (the Debian "
                                                   "package tzdata holds them)"));
  }
  return files_.ReadZones();
}

absl::Status RunningApp::Run() {
  absl::Status status = ReadTimeZones();
  if (status.ok()) status = StartOps();
  if (status.ok()) status = OpenStore();
  if (status.ok()) status = ActivateCatalog();
  if (status.ok()) status = LoadSwitches();
  if (status.ok()) status = OpenLedger();
  if (status.ok()) status = StartHandlers();
  if (status.ok()) status = Listen();
  if (!status.ok()) return status;
  stage_ = Stage::kServing;
  const auto catalog = active_catalog_.Pin();
  spdlog::info("ready: gRPC {}:{}, HTTP {}:{}, store {}, catalog version {} with {} offers", settings_.grpc_address,
               grpc_port(), settings_.http_address, http_port(), settings_.storage_path, catalog->version,
               catalog->offers.size());
  if (!settings_.stores_file.empty()) {
    const auto zones = store_zones_.Pin();
    spdlog::info("{} stores have a time zone of their own, {} zones in all", zones->size(), zones->distinct_zones());
  }
  return WritePortsFile();
}

absl::Status RunningApp::Stop() {
  {
    absl::MutexLock lock(&figures_mutex_);  // a page that is reading the store finishes first
    stage_ = Stage::kDraining;
  }
  if (refresher_ != nullptr) refresher_->Stop();  // callers who wait for it would hold up the server
  if (server_ != nullptr) {
    health_.SetServing(false);
    streams_->Drain();
    outcome_streams_->Drain();
    checkouts_->Drain();  // before that of the offers: it asks for them
    const absl::Time latest = clock_.Now() + absl::Seconds(settings_.shutdown_seconds);
    offers_->Drain(latest);  // nobody may wait longer for a disk that does not answer
    server_->Shutdown(latest);
  }
  if (checkouts_ != nullptr) checkouts_->Drain();
  offers_.reset();  // readings under way end first
  store_threads_.reset();
  log_threads_.reset();
  switch_thread_.reset();
  catalog_worker_.reset();
  maintenance_.reset();
  pipeline_.reset();
  checkouts_.reset();  // what it asked of offers and pipeline has ended
  server_.reset();     // after whoever answers calls: they post to its threads
  learning_.reset();
  upkeep_.reset();  // after whoever commits: its last checkpoint has everything
  absl::Status closed = storage_ != nullptr ? storage_->Close() : absl::OkStatus();
  storage_.reset();
  ops_.reset();  // last: until here it says that the server is shutting down
  return closed;
}

}  // namespace

absl::StatusOr<std::unique_ptr<App>> App::Start(const Settings& settings, const Overrides& overrides) {
  auto app = std::make_unique<RunningApp>(settings, overrides);
  if (absl::Status s = app->Run(); !s.ok()) return s;
  return app;
}

}  // namespace nbo::server
