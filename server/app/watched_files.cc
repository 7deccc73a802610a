#include "server/app/watched_files.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/app/event_log.h"
#include "server/config/store_zones_file.h"

namespace nbo::server {

absl::Status WatchedFiles::ReadZones() {
  if (settings_.stores_file.empty()) return absl::OkStatus();
  auto zones = ReadStoreZones(settings_.stores_file);
  if (!zones.ok()) return zones.status();
  zones_->Swap(*std::move(zones));
  return absl::OkStatus();
}

absl::StatusOr<CatalogText> WatchedFiles::ReadCatalog() const {
  std::ifstream file(settings_.catalog_path, std::ios::binary);
  CatalogText text{std::string(std::istreambuf_iterator<char>(file), {}),
                   std::filesystem::path(settings_.catalog_path).filename().string(),
                   settings_.catalog_window_shift_days};
  if (!file) return absl::NotFoundError(absl::StrCat("catalog.path: cannot read ", settings_.catalog_path));
  return text;
}

void WatchedFiles::NoteCatalog() {
  if (auto text = ReadCatalog(); text.ok()) last_read_ = std::move(text->yaml);
}

absl::Status WatchedFiles::PublishCatalog(const std::string& reason, CatalogPublisher* publisher) {
  const auto text = ReadCatalog();
  if (!text.ok()) return text.status();
  const auto published = publisher->Publish(*text, {"nbod", reason});
  if (!published.ok()) return published.status();
  last_read_ = text->yaml;
  LogWarnings(published->warnings);
  return absl::OkStatus();
}

void WatchedFiles::Reload(CatalogPublisher* publisher) {
  if (settings_.catalog_path.empty() && settings_.stores_file.empty()) {
    spdlog::warn("reload: neither catalog.path nor stores.file is set, there is nothing to read");
  }
  // First the zones: they decide the day on which the catalog's windows are judged.
  if (!settings_.stores_file.empty()) ReloadZones();
  if (!settings_.catalog_path.empty()) ReloadCatalog(publisher);
}

void WatchedFiles::ReloadZones() {
  if (const absl::Status read = ReadZones(); !read.ok()) {
    spdlog::error("reload: {}; the zones of {} stores stay as they are", Text(read), zones_->Pin()->size());
    return;
  }
  const auto zones = zones_->Pin();
  spdlog::info("reload: {} stores have a time zone of their own, {} zones in all", zones->size(),
               zones->distinct_zones());
}

void WatchedFiles::ReloadCatalog(CatalogPublisher* publisher) {
  const auto text = ReadCatalog();
  if (!text.ok()) {
    spdlog::error("reload: {}; catalog version {} stays", Text(text.status()), catalog_->Pin()->version);
    return;
  }
  if (text->yaml == last_read_) {
    spdlog::info("reload: {} is unchanged; catalog version {} stays", settings_.catalog_path, catalog_->Pin()->version);
    return;
  }
  const auto published = publisher->Publish(*text, {"nbod", "reload"});
  metrics_->CountPublication(published.ok());
  if (!published.ok()) {
    spdlog::error("reload: catalog refused, version {} stays:\n{}", catalog_->Pin()->version, Text(published.status()));
    return;
  }
  last_read_ = text->yaml;  // a refused one is reported again at the next SIGHUP
  LogWarnings(published->warnings);
  spdlog::info("reload: catalog version {} with {} offers is active", published->catalog->version,
               published->catalog->offers.size());
}

}  // namespace nbo::server
