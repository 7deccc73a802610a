#include "server/handlers/catalog_handler.h"

#include <memory>
#include <variant>

#include "server/handlers/convert.h"

namespace nbo::server {
namespace {

CatalogText ToText(const v1::CatalogSource& source) {
  return {source.yaml(), source.file_name(), source.window_shift_days()};
}

}  // namespace

absl::Status CatalogHandler::ValidateCatalog(const v1::ValidateCatalogRequest& request,
                                             v1::ValidateCatalogResponse* response) const {
  auto checked = publisher_->Check(ToText(request.source()));
  if (!checked.ok()) return checked.status();
  if (auto* catalog = std::get_if<std::shared_ptr<Catalog>>(&*checked)) {
    response->set_valid(true);
    response->set_offer_count(static_cast<int>((*catalog)->offers.size()));
    response->set_segment_count(static_cast<int>((*catalog)->segments.size()));
    return absl::OkStatus();
  }
  for (const Diagnostic& d : std::get<std::vector<Diagnostic>>(*checked)) {
    v1::CatalogDiagnostic* out = response->add_diagnostics();
    out->set_line(d.line);
    out->set_column(d.column);
    out->set_message(d.message);
    out->set_rendered(d.rendered);
  }
  return absl::OkStatus();
}

absl::Status CatalogHandler::PublishCatalog(const v1::PublishCatalogRequest& request,
                                            v1::PublishCatalogResponse* response) const {
  auto catalog =
      publisher_->Publish(ToText(request.source()), request.author(), request.note(), request.validate_only());
  if (!catalog.ok()) return catalog.status();
  response->set_version((*catalog)->version);
  response->set_offer_count(static_cast<int>((*catalog)->offers.size()));
  response->set_segment_count(static_cast<int>((*catalog)->segments.size()));
  return absl::OkStatus();
}

absl::Status CatalogHandler::GetCatalog(const v1::GetCatalogRequest& request, v1::GetCatalogResponse* response) const {
  auto kept = publisher_->Read(request.version());
  if (!kept.ok()) return kept.status();
  response->set_version(kept->version);
  response->mutable_source()->set_yaml(kept->yaml);
  response->mutable_source()->set_file_name(kept->file_name);
  response->mutable_source()->set_window_shift_days(kept->window_shift_days);
  response->set_author(kept->author);
  response->set_note(kept->note);
  FromTime(kept->publish_time, response->mutable_publish_time());
  // Counted from the text: an old version may be in force nowhere.
  auto checked = publisher_->Check({kept->yaml, kept->file_name, kept->window_shift_days});
  if (!checked.ok()) return checked.status();
  if (auto* catalog = std::get_if<std::shared_ptr<Catalog>>(&*checked)) {
    response->set_offer_count(static_cast<int>((*catalog)->offers.size()));
    response->set_segment_count(static_cast<int>((*catalog)->segments.size()));
  }
  return absl::OkStatus();
}

}  // namespace nbo::server
