// An nbod in the test's own process, on a port of the system's choice, that can be told to misbehave.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "nbo/v1/catalog_service.grpc.pb.h"
#include "nbo/v1/decision_service.grpc.pb.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "nbo/v1/profile_service.grpc.pb.h"
#include "nbo/v1/segment_service.grpc.pb.h"
#include "tests/ctl/fake_customers.h"
#include "tests/ctl/fake_decisions.h"
#include "tests/ctl/fake_switches.h"

namespace nbo::ctl {

// Records receipts as the contract says: idempotent by customer, store and receipt id, the highest revision counts.
// Customers named in `erased` are dropped. Answers statements with what the test has set. Thread-safe.
class FakeEventService : public nbo::v1::EventService::Service {
 public:
  // How one stream behaves; streams after the last script are well.
  struct StreamScript {
    // The stream breaks (UNAVAILABLE) after recording so many messages; -1: never.
    int break_after = -1;
    // Acknowledges nothing and waits until the client gives up.
    bool mute = false;
    // Acknowledges one message more than it received.
    bool lies = false;
    // Status of a stream that breaks.
    grpc::StatusCode code = grpc::StatusCode::UNAVAILABLE;
  };

  int ack_every = 10;
  std::deque<StreamScript> scripts;
  // Refusal of a receipt; OK: none. Called under the lock.
  std::function<grpc::Status(const nbo::v1::Purchase&)> refuse;
  std::set<std::string> erased;

  // Answers to statements, and the last request of each kind.
  nbo::v1::UnlinkIdentityResponse unlinked;
  nbo::v1::MergeCustomersResponse merged;
  nbo::v1::RecordConsentRequest last_consent;
  nbo::v1::RecordAttributesRequest last_attributes;
  bool attributes_change = true;
  bool consent_changes = true;
  int64_t moved_receipts = 0;

  int stream_count() const {
    absl::MutexLock lock(&mutex_);
    return stream_count_;
  }
  std::map<std::string, nbo::v1::Purchase> recorded() const {
    absl::MutexLock lock(&mutex_);
    return recorded_;
  }

  grpc::Status RecordPurchases(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<nbo::v1::RecordPurchasesResponse, nbo::v1::RecordPurchasesRequest>* stream) override {
    StreamScript script;
    {
      absl::MutexLock lock(&mutex_);
      ++stream_count_;
      if (!scripts.empty()) {
        script = scripts.front();
        scripts.pop_front();
      }
    }
    nbo::v1::RecordPurchasesRequest request;
    nbo::v1::RecordPurchasesResponse response;
    int64_t received = 0;
    const auto acknowledge = [&] {
      response.set_acknowledged_through(received + (script.lies ? 1 : 0));
      stream->Write(response);
      response.Clear();
    };
    while (stream->Read(&request)) {
      if (script.mute) continue;
      if (received == script.break_after) return grpc::Status(script.code, "broken on purpose");
      ++received;
      Record(request.purchase(), received, &response);
      if (received % ack_every == 0) acknowledge();
    }
    if (script.mute) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "mute");
    if (received % ack_every != 0) acknowledge();
    return grpc::Status::OK;
  }

  grpc::Status LinkIdentity(grpc::ServerContext*, const nbo::v1::LinkIdentityRequest* request,
                            nbo::v1::LinkIdentityResponse* response) override {
    if (erased.count(request->customer_id()) == 0) response->set_customer_id(request->customer_id());
    response->set_moved_receipts_count(moved_receipts);
    return grpc::Status::OK;
  }
  grpc::Status UnlinkIdentity(grpc::ServerContext*, const nbo::v1::UnlinkIdentityRequest*,
                              nbo::v1::UnlinkIdentityResponse* response) override {
    *response = unlinked;
    return grpc::Status::OK;
  }
  grpc::Status MergeCustomers(grpc::ServerContext*, const nbo::v1::MergeCustomersRequest* request,
                              nbo::v1::MergeCustomersResponse* response) override {
    if (request->absorbed_customer_id() == request->surviving_customer_id()) {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "surviving_customer_id: is the same");
    }
    *response = merged;
    return grpc::Status::OK;
  }
  grpc::Status RecordConsent(grpc::ServerContext*, const nbo::v1::RecordConsentRequest* request,
                             nbo::v1::RecordConsentResponse* response) override {
    last_consent = *request;
    response->set_customer_id("239");
    response->set_changed(consent_changes);
    return grpc::Status::OK;
  }
  grpc::Status RecordAttributes(grpc::ServerContext*, const nbo::v1::RecordAttributesRequest* request,
                                nbo::v1::RecordAttributesResponse* response) override {
    last_attributes = *request;
    response->set_customer_id("239");
    response->set_changed(attributes_change);
    return grpc::Status::OK;
  }

 private:
  void Record(const nbo::v1::Purchase& purchase, int64_t sequence, nbo::v1::RecordPurchasesResponse* response) {
    absl::MutexLock lock(&mutex_);
    const std::string key =
        absl::StrCat(purchase.customer().ShortDebugString(), "/", purchase.store_id(), "/", purchase.receipt_id());
    grpc::Status status = refuse ? refuse(purchase) : grpc::Status::OK;
    const auto found = recorded_.find(key);
    const bool known = found != recorded_.end();
    if (status.ok() && known && found->second.revision() == purchase.revision() &&
        found->second.SerializeAsString() != purchase.SerializeAsString()) {
      status = grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "the receipt id is taken by a receipt of other content");
    }
    if (!status.ok()) {
      auto* rejection = response->add_rejections();
      rejection->set_sequence(sequence);
      rejection->set_code(status.error_code());
      rejection->set_message(status.error_message());
      rejection->set_receipt_id(purchase.receipt_id());
    } else if (erased.count(purchase.customer().customer_id()) > 0) {
      response->add_erased_sequences(sequence);
    } else if (known && found->second.revision() < purchase.revision()) {
      found->second = purchase;
      response->add_corrected_sequences(sequence);
    } else if (known && found->second.revision() > purchase.revision()) {
      response->add_superseded_sequences(sequence);
    } else if (known) {
      response->add_duplicate_sequences(sequence);
    } else {
      recorded_[key] = purchase;
      response->set_accepted_count(response->accepted_count() + 1);
    }
  }

  mutable absl::Mutex mutex_;
  int stream_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, nbo::v1::Purchase> recorded_ ABSL_GUARDED_BY(mutex_);
};

// Answers with what the test has set.
class FakeQueries : public nbo::v1::ProfileService::Service,
                    public nbo::v1::DecisionService::Service,
                    public nbo::v1::CatalogService::Service,
                    public nbo::v1::SegmentService::Service {
 public:
  nbo::v1::SegmentReport segments;
  std::vector<nbo::v1::RefreshSegmentsRequest> refresh_requests;
  // How long a refresh takes.
  absl::Duration refresh_time;
  std::map<std::string, nbo::v1::GetProfileResponse> profiles;
  nbo::v1::GetOffersResponse offers;
  nbo::v1::GetOffersRequest last_offers_request;
  nbo::v1::ValidateCatalogResponse validation;
  nbo::v1::PublishCatalogRequest last_publish_request;

  grpc::Status GetProfile(grpc::ServerContext*, const nbo::v1::GetProfileRequest* request,
                          nbo::v1::GetProfileResponse* response) override {
    const auto found = profiles.find(request->customer().customer_id());
    if (found == profiles.end()) {
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "nothing was ever recorded for this customer");
    }
    *response = found->second;
    return grpc::Status::OK;
  }
  grpc::Status GetOffers(grpc::ServerContext*, const nbo::v1::GetOffersRequest* request,
                         nbo::v1::GetOffersResponse* response) override {
    last_offers_request = *request;
    *response = offers;
    return grpc::Status::OK;
  }
  grpc::Status ValidateCatalog(grpc::ServerContext*, const nbo::v1::ValidateCatalogRequest*,
                               nbo::v1::ValidateCatalogResponse* response) override {
    *response = validation;
    return grpc::Status::OK;
  }
  grpc::Status PublishCatalog(grpc::ServerContext*, const nbo::v1::PublishCatalogRequest* request,
                              nbo::v1::PublishCatalogResponse* response) override {
    last_publish_request = *request;
    if (!validation.valid()) return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "catalog.yaml:1:1: bad");
    response->set_version(7);
    response->set_offer_count(validation.offer_count());
    return grpc::Status::OK;
  }
  grpc::Status GetSegmentSizes(grpc::ServerContext*, const nbo::v1::GetSegmentSizesRequest*,
                               nbo::v1::GetSegmentSizesResponse* response) override {
    if (!segments.has_population()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "not computed yet");
    *response->mutable_report() = segments;
    return grpc::Status::OK;
  }
  grpc::Status RefreshSegments(grpc::ServerContext*, const nbo::v1::RefreshSegmentsRequest* request,
                               nbo::v1::RefreshSegmentsResponse* response) override {
    refresh_requests.push_back(*request);
    absl::SleepFor(refresh_time);
    *response->mutable_report() = segments;
    return grpc::Status::OK;
  }
  grpc::Status GetCatalog(grpc::ServerContext*, const nbo::v1::GetCatalogRequest* request,
                          nbo::v1::GetCatalogResponse* response) override {
    if (request->version() > 7) return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such version");
    response->set_version(7);
    response->mutable_source()->set_yaml("offers: []\n");
    return grpc::Status::OK;
  }
};

// Serves until destroyed.
class FakeServer {
 public:
  FakeServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&events);
    builder.RegisterService(static_cast<nbo::v1::ProfileService::Service*>(&queries));
    builder.RegisterService(static_cast<nbo::v1::DecisionService::Service*>(&queries));
    builder.RegisterService(static_cast<nbo::v1::CatalogService::Service*>(&queries));
    builder.RegisterService(static_cast<nbo::v1::SegmentService::Service*>(&queries));
    builder.RegisterService(static_cast<nbo::v1::CustomerService::Service*>(&customers));
    builder.RegisterService(static_cast<nbo::v1::MaintenanceService::Service*>(&customers));
    builder.RegisterService(&switches);
    builder.RegisterService(&decisions);
    server_ = builder.BuildAndStart();
  }
  ~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  FakeEventService events;
  FakeQueries queries;
  FakeCustomers customers;
  FakeSwitches switches;
  FakeDecisions decisions;

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace nbo::ctl
