#include "server/handlers/catalog_handler.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/handlers/convert.h"
#include "server/handlers/page.h"

namespace nbo::server {
namespace {

CatalogText ToText(const v1::CatalogSource& source) {
  return {source.yaml(), source.file_name(), source.window_shift_days()};
}

void AddDiagnostics(const std::vector<Diagnostic>& diagnostics, v1::CatalogDiagnostic::Severity severity,
                    google::protobuf::RepeatedPtrField<v1::CatalogDiagnostic>* list) {
  for (const Diagnostic& d : diagnostics) {
    v1::CatalogDiagnostic* out = list->Add();
    out->set_line(d.line);
    out->set_column(d.column);
    out->set_message(d.message);
    out->set_rendered(d.rendered);
    out->set_severity(severity);
  }
}

// The order of a request that has author, note and activate_time.
template <typename Request>
absl::StatusOr<CatalogOrder> ToOrder(const Request& request) {
  CatalogOrder order{request.author(), request.note()};
  if (request.has_activate_time()) {
    auto time = ToTime("activate_time", request.activate_time());
    if (!time.ok()) return time.status();
    order.activate_time = *time;
  }
  return order;
}

// Causes and states have the numbers of the API.
void FromActivation(const CatalogActivation& activation, bool active, v1::CatalogActivation* out) {
  out->set_number(activation.number);
  out->set_version(activation.version);
  out->set_cause(static_cast<v1::CatalogActivation::Cause>(activation.cause));
  out->set_state(static_cast<v1::CatalogActivation::State>(activation.state));
  out->set_author(activation.author);
  out->set_note(activation.note);
  FromTime(activation.request_time, out->mutable_request_time());
  FromTime(activation.activate_time, out->mutable_activate_time());
  if (activation.state != CatalogActivation::State::kScheduled) {
    FromTime(activation.end_time, out->mutable_end_time());
  }
  out->set_end_author(activation.end_author);
  out->set_end_note(activation.end_note);
  out->set_active(active);
}

}  // namespace

absl::Status CatalogHandler::ValidateCatalog(const v1::ValidateCatalogRequest& request,
                                             v1::ValidateCatalogResponse* response) const {
  auto checked = publisher_->Check(ToText(request.source()));
  if (!checked.ok()) return checked.status();
  AddDiagnostics(checked->mistakes, v1::CatalogDiagnostic::SEVERITY_ERROR, response->mutable_diagnostics());
  AddDiagnostics(checked->warnings, v1::CatalogDiagnostic::SEVERITY_WARNING, response->mutable_diagnostics());
  if (checked->catalog == nullptr) return absl::OkStatus();
  response->set_valid(true);
  response->set_offer_count(static_cast<int>(checked->catalog->offers.size()));
  response->set_segment_count(static_cast<int>(checked->catalog->segments.size()));
  return absl::OkStatus();
}

absl::Status CatalogHandler::PublishCatalog(const v1::PublishCatalogRequest& request,
                                            v1::PublishCatalogResponse* response) const {
  const absl::Status status = Publish(request, response);
  if (!request.validate_only() && on_publication_ != nullptr) on_publication_(status.ok());
  return status;
}

absl::Status CatalogHandler::Publish(const v1::PublishCatalogRequest& request,
                                     v1::PublishCatalogResponse* response) const {
  auto order = ToOrder(request);
  if (!order.ok()) return order.status();
  auto published = publisher_->Publish(ToText(request.source()), *order, request.validate_only());
  if (!published.ok()) return published.status();
  response->set_version(published->catalog->version);
  response->set_offer_count(static_cast<int>(published->catalog->offers.size()));
  response->set_segment_count(static_cast<int>(published->catalog->segments.size()));
  AddDiagnostics(published->warnings, v1::CatalogDiagnostic::SEVERITY_WARNING, response->mutable_warnings());
  const CatalogActivation& activation = published->activation;
  if (activation.number > 0) {
    FromActivation(activation, activation.number == publisher_->active_activation(), response->mutable_activation());
  }
  return absl::OkStatus();
}

absl::Status CatalogHandler::GetCatalog(const v1::GetCatalogRequest& request, v1::GetCatalogResponse* response) const {
  auto kept = publisher_->Read(request.version());
  if (!kept.ok()) return kept.status();
  response->set_version(kept->version);
  response->mutable_source()->set_file_name(kept->file_name);
  response->mutable_source()->set_window_shift_days(kept->window_shift_days);
  response->set_author(kept->author);
  response->set_note(kept->note);
  FromTime(kept->publish_time, response->mutable_publish_time());
  response->set_offer_count(kept->offer_count);
  response->set_segment_count(kept->segment_count);
  if (kept->yaml_bytes == 0) {  // published before offers were counted
    auto checked = publisher_->Check({kept->yaml, kept->file_name, kept->window_shift_days});
    if (!checked.ok()) return checked.status();
    if (checked->catalog != nullptr) {
      response->set_offer_count(static_cast<int>(checked->catalog->offers.size()));
      response->set_segment_count(static_cast<int>(checked->catalog->segments.size()));
    }
  }
  response->mutable_source()->set_yaml(std::move(kept->yaml));
  return absl::OkStatus();
}

absl::Status CatalogHandler::ListCatalogs(const v1::ListCatalogsRequest& request,
                                          v1::ListCatalogsResponse* response) const {
  auto page = ToPage(request);
  if (!page.ok()) return page.status();
  auto list = publisher_->List(page->before, page->size + 1);
  if (!list.ok()) return list.status();
  response->set_next_page_token(NextPage(*page, &*list, [](const PublishedCatalog& c) { return c.version; }));
  response->set_active_version(publisher_->active().Pin()->version);
  for (const PublishedCatalog& kept : *list) {
    v1::CatalogVersion* out = response->add_catalogs();
    out->set_version(kept.version);
    out->set_author(kept.author);
    out->set_note(kept.note);
    FromTime(kept.publish_time, out->mutable_publish_time());
    out->set_file_name(kept.file_name);
    out->set_window_shift_days(kept.window_shift_days);
    out->set_yaml_bytes(kept.yaml_bytes);
    out->set_offer_count(kept.offer_count);
    out->set_segment_count(kept.segment_count);
    out->set_active(kept.version == response->active_version());
  }
  return absl::OkStatus();
}

absl::Status CatalogHandler::ActivateCatalog(const v1::ActivateCatalogRequest& request,
                                             v1::ActivateCatalogResponse* response) const {
  auto order = ToOrder(request);
  if (!order.ok()) return order.status();
  auto activation = publisher_->Activate(request.version(), *order, request.roll_back());
  if (!activation.ok()) return activation.status();
  FromActivation(*activation, activation->number == publisher_->active_activation(), response->mutable_activation());
  return absl::OkStatus();
}

absl::Status CatalogHandler::CancelActivation(const v1::CancelActivationRequest& request,
                                              v1::CancelActivationResponse* response) const {
  auto activation = publisher_->Cancel(request.number(), request.author(), request.note());
  if (!activation.ok()) return activation.status();
  FromActivation(*activation, /*active=*/false, response->mutable_activation());
  return absl::OkStatus();
}

absl::Status CatalogHandler::ListActivations(const v1::ListActivationsRequest& request,
                                             v1::ListActivationsResponse* response) const {
  auto page = ToPage(request);
  if (!page.ok()) return page.status();
  std::vector<CatalogActivation> activations;
  if (request.scheduled_only()) {
    activations = publisher_->Scheduled();
  } else {
    auto list = publisher_->ListActivations(page->before, page->size + 1);
    if (!list.ok()) return list.status();
    activations = *std::move(list);
    response->set_next_page_token(NextPage(*page, &activations, [](const CatalogActivation& a) { return a.number; }));
  }
  const int64_t active = publisher_->active_activation();
  for (const CatalogActivation& activation : activations) {
    FromActivation(activation, activation.number == active, response->add_activations());
  }
  return absl::OkStatus();
}

absl::Status CatalogHandler::DiffCatalogs(const v1::DiffCatalogsRequest& request,
                                          v1::DiffCatalogsResponse* response) const {
  if (request.old_version() < 0 || request.new_version() < 0) {
    return absl::InvalidArgumentError("old_version, new_version: must not be negative; 0 is the active one");
  }
  auto changes = request.has_new_source() ? publisher_->Diff(request.old_version(), ToText(request.new_source()))
                                          : publisher_->Diff(request.old_version(), request.new_version());
  if (!changes.ok()) return changes.status();
  const int64_t active = publisher_->active().Pin()->version;
  response->set_old_version(request.old_version() == 0 ? active : request.old_version());
  if (!request.has_new_source()) response->set_new_version(request.new_version() == 0 ? active : request.new_version());
  for (CatalogChange& change : *changes) {
    v1::CatalogChange* out = response->add_changes();
    out->set_subject(std::move(change.subject));
    for (std::string& line : change.changes) out->add_changes(std::move(line));
  }
  return absl::OkStatus();
}

}  // namespace nbo::server
