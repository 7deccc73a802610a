#include "server/config/settings.h"

#include <yaml-cpp/yaml.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace nbo::server {
namespace {

using Target = std::variant<std::string Settings::*, int Settings::*, bool Settings::*>;

// One key: its name, where it goes, what it means, and what it may be.
struct Key {
  const char* name;
  Target target;
  const char* help;
  int low = 0, high = 0;                  // of an int
  std::vector<std::string> allowed = {};  // of a string; empty: anything
};

const std::vector<Key>& Keys() {
  static const auto* const keys = new std::vector<Key>{
      {"grpc.address", &Settings::grpc_address,
       "address to listen on; 0.0.0.0 for every interface (there is no authentication yet)"},
      {"grpc.port", &Settings::grpc_port, "port of the API; 0 picks a free one", 0, 65535},
      {"grpc.threads", &Settings::grpc_threads,
       "threads that read, decide and answer; each connection stays with one; 0: one for each processor, at least 2", 0,
       256},
      {"grpc.max_connections", &Settings::grpc_max_connections, "connections open at once; more are closed", 1,
       1000000},
      {"grpc.max_memory_mb", &Settings::grpc_max_memory_mb,
       "memory for requests that are not whole yet and answers that are not read; beyond it new connections are closed "
       "and large requests refused",
       64, 1 << 20},
      {"grpc.max_calls_per_connection", &Settings::grpc_max_calls_per_connection,
       "calls under way on one connection; the client holds back more", 1, 1000000},
      {"http.address", &Settings::http_address, "address of /metrics, /healthz and /readyz"},
      {"http.port", &Settings::http_port, "port of /metrics, /healthz and /readyz; 0 picks a free one", 0, 65535},
      {"http.cors_origins", &Settings::http_cors_origins,
       "origins whose pages may call the API from a browser, e.g. https://shop.example, separated by commas; * for "
       "any"},
      {"http.web_dir", &Settings::http_web_dir,
       "directory of the screens /pos, /kiosk and /app; empty: web beside the directory of nbod, if there is one"},
      {"ports_file", &Settings::ports_file, "write the ports in use to this file as JSON when ready"},
      {"storage.path", &Settings::storage_path, "directory of the database; made if missing"},
      {"storage.sync", &Settings::storage_sync,
       "acknowledge a receipt only when it is on the disk; false is faster and loses the last moments with the power"},
      {"storage.block_cache_mb", &Settings::storage_block_cache_mb,
       "memory for data read from disk; 0: a sixteenth of the machine's or container's, at least 64", 0, 1 << 20},
      {"storage.state_cache_mb", &Settings::storage_state_cache_mb,
       "memory for decoded profiles of customers seen lately; 0 for none", 0, 1 << 20},
      {"storage.max_wal_mb", &Settings::storage_max_wal_mb,
       "bound of the write-ahead log; a start after a crash takes about 16 ms for each MB", 8, 4096},
      {"storage.tombstone_key", &Settings::storage_tombstone_key,
       "file of the secret by which erased customers are recognised; tombstone.key in storage.path if not set"},
      {"retention.receipts_days", &Settings::retention_receipts_days,
       "receipts of older days are summed up and dropped, and refused if they come later; 0 keeps them for ever", 0,
       36500},
      {"catalog.path", &Settings::catalog_path,
       "catalog file; published at the first start, and again on SIGHUP if it has changed"},
      {"catalog.window_shift_days", &Settings::catalog_window_shift_days,
       "moves the windows of that file, for old sample data", -36500, 36500},
      {"currency", &Settings::currency, "ISO 4217 code; catalogs must have the same"},
      {"currency_digits", &Settings::currency_digits, "digits of the minor unit: 2 for cents, 0 for yen", 0, 4},
      {"time_zone", &Settings::time_zone, "IANA zone of the deployment, e.g. Europe/Berlin: decides what day it is"},
      {"stores.file", &Settings::stores_file,
       "CSV file store_id,time_zone of the stores that keep another zone; read again on SIGHUP"},
      {"decision.max_wait_ms", &Settings::decision_max_wait_ms,
       "milliseconds that a call for offers waits for the disk at most, however late its own deadline; it is then "
       "answered from memory, and marked; 0: only its own deadline counts",
       0, 60000},
      {"decision.reader_threads", &Settings::decision_reader_threads,
       "threads that read for calls whose customer is not in memory", 1, 256},
      {"decision.max_waiting", &Settings::decision_max_waiting,
       "calls for offers that wait for the disk at once; more are answered from memory without waiting, and marked", 1,
       100000},
      {"decision.max_in_flight", &Settings::decision_max_in_flight,
       "calls for offers under way at once; more get RESOURCE_EXHAUSTED", 1, 1000000},
      {"checkout.max_open", &Settings::checkout_max_open,
       "checkouts followed at once; more are refused, and ask with GetOffers", 0, 100000},
      {"ingest.writers", &Settings::ingest_writers, "threads that write receipts", 1, 64},
      {"ingest.max_group", &Settings::ingest_max_group, "events written with one sync at most", 1, 10000},
      {"ingest.linger_ms", &Settings::ingest_linger_ms,
       "milliseconds from one sync of a writer to its next, while receipts keep coming; 0: none", 0, 1000},
      {"ingest.max_queue_mb", &Settings::ingest_max_queue_mb,
       "memory for events that wait to be written; beyond it single calls are refused, at three quarters streams pause",
       1, 1 << 20},
      {"ingest.max_streams", &Settings::ingest_max_streams, "RecordPurchases streams open at once", 1, 10000},
      {"ingest.max_future_skew_hours", &Settings::ingest_max_future_skew_hours,
       "receipts further in the future are refused", 0, 24 * 366},
      {"population.refresh_minutes", &Settings::population_refresh_minutes,
       "how often RFM scores and segment sizes are computed anew; 0: only on demand", 0, 60 * 24 * 366},
      {"decisions.keep_days", &Settings::decisions_keep_days,
       "how long decisions and outcomes stay in the log; outcomes of older decisions are refused", 1, 36500},
      {"decisions.max_mb", &Settings::decisions_max_mb,
       "disk for the log of decisions; beyond it the oldest leave earlier", 256, 1 << 30},
      {"decisions.full_permille", &Settings::decisions_full_permille,
       "of 1000 decisions so many are recorded with everything that is needed to compute them again", 0, 1000},
      {"decisions.segment_mb", &Settings::decisions_segment_mb,
       "size of a file of that log; two are always there, and they leave whole", 1, 1024},
      {"decisions.skip_damage", &Settings::decisions_skip_damage,
       "start although entries of that log are damaged which are needed to start, and go on without them"},
      {"decisions.cache_mb", &Settings::decisions_cache_mb,
       "memory for what customers were told lately; what does not fit is read from the disk", 1, 1 << 20},
      {"propensity.refresh_seconds", &Settings::propensity_refresh_seconds,
       "how often propensities are computed anew from what became of offers", 1, 24 * 3600},
      {"replay.enabled", &Settings::replay_enabled, "allow as_of in requests: for replays and tests"},
      {"shutdown_seconds", &Settings::shutdown_seconds, "how long SIGTERM waits for calls under way", 0, 3600},
      {"log.level",
       &Settings::log_level,
       "trace, debug, info, warn or error",
       0,
       0,
       {"trace", "debug", "info", "warn", "error"}},
      {"log.format", &Settings::log_format, "text or json", 0, 0, {"text", "json"}},
  };
  return *keys;
}

std::string FlagName(const Key& key) {
  return absl::StrCat("--", absl::StrReplaceAll(key.name, {{".", "-"}, {"_", "-"}}));
}
std::string VariableName(const Key& key) {
  return absl::StrCat("NBO_", absl::AsciiStrToUpper(absl::StrReplaceAll(key.name, {{".", "_"}})));
}

absl::Status Set(const Key& key, const std::string& value, const std::string& origin, Settings* settings) {
  auto refuse = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(origin, ": ", key.name, ": '", value, "' ", what));
  };
  if (auto* target = std::get_if<int Settings::*>(&key.target)) {
    int number = 0;
    if (!absl::SimpleAtoi(value, &number)) return refuse("is not a whole number");
    if (number < key.low || number > key.high) return refuse(absl::StrCat("is outside ", key.low, "..", key.high));
    settings->** target = number;
  } else if (auto* target = std::get_if<bool Settings::*>(&key.target)) {
    if (value != "true" && value != "false") return refuse("is neither true nor false");
    settings->** target = value == "true";
  } else {
    const bool fits =
        key.allowed.empty() || std::find(key.allowed.begin(), key.allowed.end(), value) != key.allowed.end();
    if (!fits) return refuse(absl::StrCat("is not one of ", absl::StrJoin(key.allowed, ", ")));
    settings->*std::get<std::string Settings::*>(key.target) = value;
  }
  return absl::OkStatus();
}

std::string Default(const Key& key) {
  const Settings defaults;
  if (auto* target = std::get_if<int Settings::*>(&key.target)) return absl::StrCat(defaults.**target);
  if (auto* target = std::get_if<bool Settings::*>(&key.target)) return defaults.**target ? "true" : "false";
  return defaults.*std::get<std::string Settings::*>(key.target);
}

// Nested mappings become dotted names.
absl::Status ReadNode(const std::string& file, const std::string& prefix, const YAML::Node& node, Settings* settings) {
  auto origin = [&](const YAML::Node& n) {
    return absl::StrCat(file, ":", n.Mark().line + 1, ":", n.Mark().column + 1);
  };
  if (!node.IsMap()) {
    return absl::InvalidArgumentError(
        absl::StrCat(origin(node), ": ", prefix.empty() ? "the file" : prefix, ": a mapping (key: value) is expected"));
  }
  for (const auto& entry : node) {
    const std::string name = prefix.empty() ? entry.first.Scalar() : absl::StrCat(prefix, ".", entry.first.Scalar());
    const Key* found = nullptr;
    bool is_prefix = false;
    for (const Key& key : Keys()) {
      if (name == key.name) found = &key;
      is_prefix |= absl::string_view(key.name).substr(0, name.size() + 1) == absl::StrCat(name, ".");
    }
    absl::Status status;
    if (found != nullptr && entry.second.IsScalar()) {
      status = Set(*found, entry.second.Scalar(), origin(entry.second), settings);
    } else if (is_prefix) {
      status = ReadNode(file, name, entry.second, settings);
    } else {
      status = absl::InvalidArgumentError(absl::StrCat(
          origin(entry.first), ": ", name,
          found != nullptr ? ": a single value is expected" : ": unknown key; 'nbod --help' lists the known ones"));
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadFile(const std::string& file, Settings* settings) {
  try {
    const YAML::Node root = YAML::LoadFile(file);
    return root.IsNull() ? absl::OkStatus() : ReadNode(file, "", root, settings);
  } catch (const YAML::BadFile&) {
    return absl::InvalidArgumentError(absl::StrCat("--config: cannot read ", file));
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(file, ":", e.mark.line + 1, ":", e.mark.column + 1, ": ", e.msg));
  }
}

}  // namespace

absl::StatusOr<std::variant<Settings, ExitNow>> LoadSettings(int argc, const char* const* argv) {
  CLI::App app(
      "nbod, the real-time next-best-offer server.\n\nEvery setting is a key of the YAML file given with --config, "
      "an environment variable, or a flag; a flag wins over a variable, a variable over the file.");
  app.set_version_flag("--version", "nbod 0.1.0");
  std::string config_file;
  app.add_option("--config", config_file, "YAML file with settings")->envname("NBO_CONFIG");
  std::vector<std::optional<std::string>> flags(Keys().size());
  for (size_t i = 0; i < Keys().size(); ++i) {
    const Key& key = Keys()[i];
    app.add_option(FlagName(key), flags[i], absl::StrCat(key.help, " [", key.name, ", ", VariableName(key), "]"))
        ->type_name(absl::StrCat("(", Default(key), ")"));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return ExitNow{app.exit(e) == 0 ? 0 : 2};
  }
  Settings settings;
  if (!config_file.empty()) {
    if (absl::Status s = ReadFile(config_file, &settings); !s.ok()) return s;
  }
  for (size_t i = 0; i < Keys().size(); ++i) {
    const Key& key = Keys()[i];
    if (const char* value = std::getenv(VariableName(key).c_str()); value != nullptr) {
      if (absl::Status s = Set(key, value, VariableName(key), &settings); !s.ok()) return s;
    }
    if (flags[i]) {
      if (absl::Status s = Set(key, *flags[i], FlagName(key), &settings); !s.ok()) return s;
    }
  }
  return settings;
}

}  // namespace nbo::server
