#include "storage/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/log_check.h"
#include "storage/rocks_log.h"

namespace nbo::storage {
namespace {

rocksdb::DBOptions DbOptions(const StorageOptions& options, rocksdb::Env* env,
                             std::shared_ptr<rocksdb::Statistics> statistics) {
  rocksdb::DBOptions db;
  if (env != nullptr) db.env = env;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.max_total_wal_size = options.max_wal_bytes;
  db.max_background_jobs = 4;
  db.bytes_per_sync = 1 << 20;  // spread the writing of tables: no bursts under a synced log
  db.wal_bytes_per_sync = 1 << 20;
  db.track_and_verify_wals_in_manifest = true;  // a log that is missing refuses to open instead of losing receipts
  db.max_manifest_file_size = 1;  // written anew with every change of the tables: keys of erased customers leave it
  // Drops a torn end; MendLog has made sure that it is no more than that.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.max_bgerror_resume_count = 0;  // WriteHealth resumes
  db.info_log = NewRocksLog(options.path);
  db.statistics = std::move(statistics);
  return db;
}

rocksdb::ColumnFamilyOptions FamilyOptions(Family family, std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::ColumnFamilyOptions cf;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // Indexes and filters stay in memory outside the cache, about 2 bytes a key: a read then looks up one cache entry
  // instead of three.
  table.cache_index_and_filter_blocks = false;
  table.format_version = 5;
  if (family == kState) {
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;  // only point reads
    table.block_size = 4 << 10;
  }
  cf.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  cf.write_buffer_size = family == kState || family == kReceipts ? 32 << 20 : 4 << 20;
  cf.compression = rocksdb::kLZ4Compression;
  cf.bottommost_compression = family == kReceipts ? rocksdb::kZSTD : rocksdb::kLZ4Compression;
  cf.level_compaction_dynamic_level_bytes = true;
  cf.periodic_compaction_seconds = 14 * 86'400;  // what was erased is gone from disk within about that time
  // Most keys that a group asks for are not in the memtable: a filter of 2 % of its size spares the search for them.
  cf.memtable_whole_key_filtering = true;
  cf.memtable_prefix_bloom_size_ratio = 0.02;
  return cf;
}

absl::Status MakeDirectory(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("storage.path: is required");
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::UnavailableError(absl::StrCat("storage.path: cannot make ", path, ": ", error.message()));
  return absl::OkStatus();
}

absl::Status OpenError(const std::string& path, const rocksdb::Status& status) {
  if (status.IsInvalidArgument()) {  // families that this version does not know
    return absl::FailedPreconditionError(
        absl::StrCat("storage.path: ", path, " was written by another version: ", status.ToString()));
  }
  // RocksDB has no code for it: these are its words for another process and for this one.
  const std::string words = status.ToString();
  if (words.find("While lock file") != std::string::npos || words.find("lock hold by current") != std::string::npos) {
    return absl::FailedPreconditionError(
        absl::StrCat("storage.path: ", path, " is in use by another process: ", status.ToString()));
  }
  return ToStatus(absl::StrCat("opening ", path), status);
}

// Blanks the torn ends of the write-ahead log. DATA_LOSS, and nothing is changed, if it holds intact records that
// RocksDB would not replay.
absl::Status MendLog(const rocksdb::DBOptions& db_options,
                     const std::vector<rocksdb::ColumnFamilyDescriptor>& descriptors, const std::string& path) {
  const absl::StatusOr<LogCheck> check = CheckLogs(db_options.env, path);
  if (!check.ok()) return check.status();
  if (check->damage.empty()) {
    for (const LogCheck::TornEnd& torn : check->torn_ends) {
      if (absl::Status s = BlankTornEnd(torn); !s.ok()) return s;
    }
    return absl::OkStatus();
  }
  // The damaged file may be out of use, its records being in tables already. A replay without writing anything shows.
  rocksdb::DBOptions read_only = db_options;
  read_only.listeners.clear();
  read_only.create_if_missing = read_only.create_missing_column_families = false;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::OpenForReadOnly(read_only, path, descriptors, &handles, &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  if (!status.ok() && !status.IsCorruption()) return OpenError(path, status);
  const bool complete = status.ok() && db->GetLatestSequenceNumber() >= check->last_sequence;
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  if (complete) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "storage.path: the write-ahead log in ", path, " is damaged (", check->damage,
      ") and intact records follow: opening it would lose acknowledged receipts. Restore a backup, or start once with "
      "storage.sync: false to give up whatever follows the damage"));
}

}  // namespace

absl::Status ToStatus(absl::string_view what, const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat("store: ", what, ": ", status.ToString());
  return status.IsCorruption() ? absl::DataLossError(message) : absl::UnavailableError(message);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const StorageOptions& options) {
  if (absl::Status s = MakeDirectory(options.path); !s.ok()) return s;
  std::unique_ptr<Database> database(new Database);
  database->statistics_ = rocksdb::CreateDBStatistics();
  database->statistics_->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
  database->cache_ = rocksdb::NewLRUCache(options.block_cache_bytes);
  database->write_options_.sync = options.sync;

  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (int family = 0; family < kFamilyCount; ++family) {
    descriptors.emplace_back(kFamilyNames[family], FamilyOptions(static_cast<Family>(family), database->cache_));
  }
  descriptors[kContacts].options.compaction_filter_factory = database->old_contacts_;
  if (options.file_system != nullptr) database->env_ = rocksdb::NewCompositeEnv(options.file_system);
  rocksdb::DBOptions db_options = DbOptions(options, database->env_.get(), database->statistics_);
  if (options.sync) {
    if (absl::Status s = MendLog(db_options, descriptors, options.path); !s.ok()) return s;
  }
  database->health_ = std::make_shared<WriteHealth>(options.path, options.on_write_state);
  db_options.listeners.push_back(database->health_);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  rocksdb::Status opened = rocksdb::DB::Open(db_options, options.path, descriptors, &handles, &db);
  if (!opened.ok()) return OpenError(options.path, opened);
  database->db_.reset(db);
  // Tables are merged when nobody needs the processor; flushing stays prompt, since writes wait for it.
  db->GetEnv()->LowerThreadPoolCPUPriority(rocksdb::Env::LOW, rocksdb::CpuPriority::kLow).PermitUncheckedError();
  if (absl::Status s = database->health_->Start(db, handles[kDefault]); !s.ok()) return s;
  for (int family = 0; family < kFamilyCount; ++family) database->families_[family] = handles[family];
  if (absl::Status s = database->CheckFormat(); !s.ok()) return s;
  return database;
}

absl::Status Database::CheckFormat() {
  std::string found;
  rocksdb::Status read = db_->Get({}, families_[kDefault], kFormatKey, &found);
  const std::string wanted = absl::StrCat(kFormatVersion);
  if (read.IsNotFound()) {
    return ToStatus("writing the format", db_->Put(write_options_, families_[kDefault], kFormatKey, wanted));
  }
  if (!read.ok()) return ToStatus("reading the format", read);
  if (found == wanted) return absl::OkStatus();
  int number = 0;
  if (absl::SimpleAtoi(found, &number) && number >= kOldestFormatVersion && number < kFormatVersion) {
    return ToStatus("raising the format", db_->Put(write_options_, families_[kDefault], kFormatKey, wanted));
  }
  return absl::FailedPreconditionError(absl::StrCat("storage.path: written in format ", found,
                                                    "; this version reads formats ", kOldestFormatVersion, " to ",
                                                    kFormatVersion));
}

StorageStats Database::Stats() const {
  StorageStats stats;
  auto number = [this](Family family, const std::string& property) {
    uint64_t value = 0;
    db_->GetIntProperty(families_[family], property, &value);
    return value;
  };
  for (int f = 0; f < kFamilyCount; ++f) {
    const Family family = static_cast<Family>(f);
    stats.sst_bytes += number(family, rocksdb::DB::Properties::kTotalSstFilesSize);
    stats.memtable_bytes += number(family, rocksdb::DB::Properties::kCurSizeAllMemTables);
    stats.pending_compaction_bytes += number(family, rocksdb::DB::Properties::kEstimatePendingCompactionBytes);
    stats.write_stopped |= number(family, rocksdb::DB::Properties::kIsWriteStopped) != 0;
  }
  stats.estimated_customers = number(kState, rocksdb::DB::Properties::kEstimateNumKeys);
  stats.running_compactions = number(kDefault, rocksdb::DB::Properties::kNumRunningCompactions);
  stats.block_cache_bytes = cache_->GetUsage();
  stats.block_cache_hits = statistics_->getTickerCount(rocksdb::BLOCK_CACHE_HIT);
  stats.block_cache_misses = statistics_->getTickerCount(rocksdb::BLOCK_CACHE_MISS);
  stats.stall_micros = statistics_->getTickerCount(rocksdb::STALL_MICROS);
  stats.write_state = health_->State();
  stats.background_errors = health_->Errors();
  rocksdb::VectorLogPtr logs;
  if (db_->GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs) stats.wal_bytes += log->SizeFileBytes();
  }
  return stats;
}

absl::Status Database::Compact() {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;  // the others go on
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  // Ranges are not named: RocksDB would write their bounds, customer ids, into its log.
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    if (rocksdb::Status s = db_->CompactRange(options, family, nullptr, nullptr); !s.ok()) {
      return ToStatus("compacting", s);
    }
  }
  // The manifest names the first and last key of each table, also of those just replaced. It is written anew with every
  // change (max_manifest_file_size), before the change; so one more change is made.
  rocksdb::WriteBatch touch;
  rocksdb::Status touched = touch.Put(families_[kDefault], kFormatKey, absl::StrCat(kFormatVersion));
  if (!touched.ok()) return ToStatus("compacting", touched);
  if (absl::Status s = Write(write_options_, &touch); !s.ok()) return s;
  return ToStatus("compacting", db_->Flush({}, families_[kDefault]));
}

absl::Status Database::Close() {
  if (db_ == nullptr) return absl::OkStatus();
  health_->Stop();
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  for (rocksdb::ColumnFamilyHandle* handle : families_) {
    if (handle != nullptr) handles.push_back(handle);
  }
  rocksdb::Status flushed = db_->Flush({}, handles);
  for (rocksdb::ColumnFamilyHandle* handle : handles) db_->DestroyColumnFamilyHandle(handle);
  families_.fill(nullptr);
  rocksdb::Status closed = db_->Close();
  db_.reset();
  if (!flushed.ok()) return ToStatus("flushing at close", flushed);
  return ToStatus("closing", closed);
}

Database::~Database() { Close().IgnoreError(); }

}  // namespace nbo::storage
