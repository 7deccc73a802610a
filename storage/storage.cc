#include "storage/storage.h"

#include <optional>
#include <utility>

#include "storage/catalog_archive.h"
#include "storage/database.h"
#include "storage/decision_log.h"
#include "storage/journal.h"
#include "storage/ledger_store.h"
#include "storage/population_archive.h"
#include "storage/profile_store.h"
#include "storage/propensity_archive.h"
#include "storage/switch_archive.h"

namespace nbo::storage {
namespace {

class RocksStorage : public Storage {
 public:
  RocksStorage(std::unique_ptr<Database> database, size_t state_cache_bytes)
      : database_(std::move(database)),
        profiles_(database_.get(), state_cache_bytes),
        catalogs_(database_.get()),
        populations_(database_.get()),
        propensities_(database_.get()),
        switches_(database_.get()),
        ledgers_(database_.get()) {}

  absl::Status Load(const StorageOptions& options) {
    const std::string key =
        options.tombstone_key_path.empty() ? options.path + "/tombstone.key" : options.tombstone_key_path;
    if (absl::Status s = profiles_.Load(key); !s.ok()) return s;
    JournalOptions journal;
    journal.path = options.path;
    journal.segment_bytes = options.decision_segment_bytes;
    const absl::StatusOr<uint64_t> position = ledgers_.Position();
    if (!position.ok()) return position.status();
    journal.min_position = *position;
    absl::StatusOr<std::unique_ptr<Journal>> opened = Journal::Open(journal);
    if (!opened.ok()) return opened.status();
    journal_ = *std::move(opened);
    std::function<void(const JournalDamage&)> on_damage;
    if (options.on_skipped_decisions) {
      on_damage = [skipped = options.on_skipped_decisions](const JournalDamage& damage) {
        skipped(damage.where, damage.end - damage.position);
      };
    }
    decisions_.emplace(journal_.get(), std::move(on_damage));
    return absl::OkStatus();
  }
  ProfileStore& profiles() override { return profiles_; }
  CatalogArchive& catalogs() override { return catalogs_; }
  PopulationArchive& populations() override { return populations_; }
  PropensityArchive& propensities() override { return propensities_; }
  SwitchArchive& switches() override { return switches_; }
  LedgerStore& ledgers() override { return ledgers_; }
  DecisionLog& decisions() override { return *decisions_; }
  void DropDecisions(absl::Time keep_from, uint64_t max_bytes) override {
    const absl::StatusOr<uint64_t> position = ledgers_.Position();
    if (position.ok()) journal_->Drop({keep_from, max_bytes, *position});
  }
  std::string EncodeState(const CustomerState& state) override { return profiles_.BytesOf(state); }
  absl::Status DecodeState(absl::string_view bytes, CustomerState* state) const override {
    return profiles_.StateOf(bytes, state);
  }
  const std::vector<std::string>& opening_notes() const override { return journal_->opening_notes(); }
  StorageStats Stats() const override {
    StorageStats stats = database_->Stats();
    const StateCache::Stats cache = profiles_.CacheStats();
    stats.state_cache_bytes = cache.bytes;
    stats.state_cache_hits = cache.hits;
    stats.state_cache_misses = cache.misses;
    const JournalStats journal = journal_->Stats();
    stats.decision_bytes = journal.file_bytes;
    stats.decisions_refused = journal.refused_records;
    stats.decision_log_errors = journal.disk_errors;
    stats.decision_log_trouble = journal.trouble;
    return stats;
  }
  absl::Status Compact() override {
    const absl::StatusOr<uint64_t> position = ledgers_.Position();
    if (!position.ok()) return position.status();
    const absl::StatusOr<int64_t> blanked = decisions_->BlankErased(*position);
    return blanked.ok() ? database_->Compact() : blanked.status();
  }
  WriteState GetWriteState() const override { return database_->health().State(); }
  absl::Status Close() override {
    absl::Status closed = journal_ != nullptr ? journal_->Close() : absl::OkStatus();
    closed.Update(database_->Close());
    return closed;
  }

 private:
  std::unique_ptr<Database> database_;
  RocksProfileStore profiles_;
  RocksCatalogArchive catalogs_;
  RocksPopulationArchive populations_;
  RocksPropensityArchive propensities_;
  RocksSwitchArchive switches_;
  RocksLedgerStore ledgers_;
  std::unique_ptr<Journal> journal_;
  std::optional<JournalDecisionLog> decisions_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(const StorageOptions& options) {
  absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(options);
  if (!database.ok()) return database.status();
  auto storage = std::make_unique<RocksStorage>(*std::move(database), options.state_cache_bytes);
  if (absl::Status s = storage->Load(options); !s.ok()) return s;
  return storage;
}

}  // namespace nbo::storage
