// The configuration of nbod: one YAML file, every key overridable by environment and flag.
#ifndef NBO_SERVER_CONFIG_SETTINGS_H_
#define NBO_SERVER_CONFIG_SETTINGS_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"

namespace nbo::server {

// Each field is one key of the file; settings.cc names and explains it.
struct Settings {
  std::string grpc_address = "127.0.0.1";
  int grpc_port = 7400;
  int grpc_threads = 0;
  int grpc_max_connections = 10'000;
  int grpc_max_memory_mb = 256;
  int grpc_max_calls_per_connection = 1000;
  std::string http_address = "127.0.0.1";
  int http_port = 7401;
  std::string http_cors_origins;
  std::string http_web_dir;
  std::string ports_file;
  std::string storage_path = "nbo-data";
  bool storage_sync = true;
  int storage_block_cache_mb = 0;  // automatic
  int storage_state_cache_mb = 256;
  int storage_max_wal_mb = 32;
  std::string storage_tombstone_key;
  int retention_receipts_days = 0;
  std::string catalog_path;
  int catalog_window_shift_days = 0;
  std::string currency = "USD";
  int currency_digits = 2;
  std::string time_zone = "UTC";
  std::string stores_file;
  int decision_max_wait_ms = 50;
  int decision_reader_threads = 4;
  int decision_max_waiting = 256;
  int decision_max_in_flight = 2000;
  int checkout_max_open = 1000;
  int ingest_writers = 2;
  int ingest_max_group = 512;
  int ingest_linger_ms = 5;
  int ingest_max_queue_mb = 64;
  int ingest_max_streams = 64;
  int ingest_max_future_skew_hours = 24;
  int population_refresh_minutes = 1440;
  int decisions_keep_days = 30;
  int decisions_max_mb = 10240;
  int decisions_full_permille = 10;
  int decisions_cache_mb = 256;
  int decisions_segment_mb = 64;
  bool decisions_skip_damage = false;
  int propensity_refresh_seconds = 60;
  bool replay_enabled = false;
  int shutdown_seconds = 10;
  std::string log_level = "info";
  std::string log_format = "text";
};

// What the command line asks for.
struct ExitNow {
  int code;  // 0 after --help or --version, 2 for a usage error; everything was printed
};

// Reads defaults, then the file of --config, then NBO_* variables, then flags; the later wins. INVALID_ARGUMENT names
// the key, where it was given, and what is allowed.
absl::StatusOr<std::variant<Settings, ExitNow>> LoadSettings(int argc, const char* const* argv);

}  // namespace nbo::server

#endif  // NBO_SERVER_CONFIG_SETTINGS_H_
