#include "server/handlers/statement_handler.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/profile/lookup.h"

namespace nbo::server {

template <typename Response, typename Run>
void StatementHandler::Submit(Run run, Done<Response> done) const {
  auto response = std::make_shared<Response>();
  absl::Status submitted = pipeline_->TrySubmitStatement(
      [run = std::move(run), response](Registry* registry) -> absl::Status { return run(registry, response.get()); },
      [done, response](const absl::Status& status) { done(status, *response); });
  if (!submitted.ok()) done(submitted, {});
}

absl::StatusOr<absl::Time> StatementHandler::TimeOf(bool has_time, const google::protobuf::Timestamp& time) const {
  if (!has_time) return absl::InvalidArgumentError("time: is required");
  return ToEventTime("time", time, clock_->Now(), rules_);
}

// Whom the reference stands for is decided when the statement is carried out.
absl::Status StatementHandler::CheckCustomer(const v1::CustomerRef& ref) const {
  if (ref.has_customer_id()) return CheckCustomerId("customer.customer_id", ref.customer_id());
  if (ref.has_identity()) return ToIdentity("customer.identity", ref.identity()).status();
  return absl::InvalidArgumentError("customer: is required; set customer_id or identity");
}

absl::StatusOr<std::string> StatementHandler::Survivor(const std::string& customer_id) const {
  absl::StatusOr<std::string> survivor = store_->ReadAlias(customer_id);
  if (survivor.ok() && survivor->empty()) return customer_id;
  return survivor;
}

absl::Status StatementHandler::UniteContacts(const std::string& absorbed_id, const std::string& survivor_id,
                                             bool done) const {
  if (ledger_ == nullptr || absorbed_id.empty() || survivor_id.empty() || absorbed_id == survivor_id) {
    return absl::OkStatus();
  }
  return ledger_->Merge(absorbed_id, survivor_id, done);
}

void StatementHandler::LinkIdentity(const v1::LinkIdentityRequest& request, Done<v1::LinkIdentityResponse> done) const {
  auto identity = ToIdentity("identity", request.identity());
  if (!identity.ok()) return done(identity.status(), {});
  if (absl::Status s = CheckCustomerId("customer_id", request.customer_id()); !s.ok()) return done(s, {});
  auto time = TimeOf(request.has_time(), request.time());
  if (!time.ok()) return done(time.status(), {});
  Submit<v1::LinkIdentityResponse>(
      [this, identity = *identity, customer_id = request.customer_id(), time = *time](Registry* registry,
                                                                                      auto* response) {
        // Until now an identity that nobody owned was a person of its own.
        const std::string derived_id = DerivedCustomerId(identity);
        auto owner = CustomerOf(*store_, identity, clock_->Now());
        if (!owner.ok()) return owner.status();
        const bool owned = *owner != derived_id;
        auto survivor = Survivor(customer_id);
        if (!survivor.ok()) return survivor.status();
        if (!owned) {
          if (absl::Status s = UniteContacts(derived_id, *survivor, /*done=*/false); !s.ok()) return s;
        }
        auto linked = registry->Link(identity, customer_id, time);
        if (!linked.ok()) return linked.status();
        if (absl::Status s = UniteContacts(derived_id, linked->customer_id, /*done=*/true); !s.ok()) return s;
        response->set_customer_id(linked->customer_id);
        response->set_moved_receipts_count(linked->moved_receipts);
        return absl::OkStatus();
      },
      std::move(done));
}

void StatementHandler::UnlinkIdentity(const v1::UnlinkIdentityRequest& request,
                                      Done<v1::UnlinkIdentityResponse> done) const {
  auto identity = ToIdentity("identity", request.identity());
  if (!identity.ok()) return done(identity.status(), {});
  auto time = TimeOf(request.has_time(), request.time());
  if (!time.ok()) return done(time.status(), {});
  Submit<v1::UnlinkIdentityResponse>(
      [identity = *identity, time = *time](Registry* registry, auto* response) {
        auto linked = registry->Link(identity, std::nullopt, time);
        if (!linked.ok()) return linked.status();
        response->set_customer_id(linked->customer_id);
        response->set_moved_receipts_count(linked->moved_receipts);
        return absl::OkStatus();
      },
      std::move(done));
}

void StatementHandler::MergeCustomers(const v1::MergeCustomersRequest& request,
                                      Done<v1::MergeCustomersResponse> done) const {
  absl::Status checked = CheckCustomerId("absorbed_customer_id", request.absorbed_customer_id());
  checked.Update(CheckCustomerId("surviving_customer_id", request.surviving_customer_id()));
  if (checked.ok() && request.absorbed_customer_id() == request.surviving_customer_id()) {
    checked = absl::InvalidArgumentError("surviving_customer_id: is the same as absorbed_customer_id");
  }
  if (!checked.ok()) return done(checked, {});
  Submit<v1::MergeCustomersResponse>(
      [this, absorbed = request.absorbed_customer_id(), survivor = request.surviving_customer_id()](Registry* registry,
                                                                                                    auto* response) {
        auto from = Survivor(absorbed), to = Survivor(survivor);
        if (!from.ok()) return from.status();
        if (!to.ok()) return to.status();
        if (absl::Status s = UniteContacts(*from, *to, /*done=*/false); !s.ok()) return s;
        auto merged = registry->Merge(absorbed, survivor);
        if (!merged.ok()) return merged.status();
        for (const std::string& gone : {*from, absorbed}) {
          if (absl::Status s = UniteContacts(gone, merged->customer_id, /*done=*/true); !s.ok()) return s;
        }
        response->set_customer_id(merged->customer_id);
        response->set_moved_receipts_count(merged->moved_receipts);
        return absl::OkStatus();
      },
      std::move(done));
}

void StatementHandler::RecordConsent(const v1::RecordConsentRequest& request,
                                     Done<v1::RecordConsentResponse> done) const {
  auto channel = ToChannel("channel", request.channel());
  if (channel.ok() && *channel == Channel::kUnspecified) {
    channel = absl::InvalidArgumentError("channel: is required; consent is given for one channel");
  }
  if (!channel.ok()) return done(channel.status(), {});
  auto time = TimeOf(request.has_time(), request.time());
  if (!time.ok()) return done(time.status(), {});
  if (absl::Status s = CheckText("source", request.source(), kMaxConsentSourceBytes); !s.ok()) return done(s, {});
  if (absl::Status s = CheckCustomer(request.customer()); !s.ok()) return done(s, {});
  Consent consent{*channel, request.granted(), *time, request.source()};
  Submit<v1::RecordConsentResponse>(
      [this, ref = request.customer(), consent](Registry* registry, auto* response) {
        auto id = ResolveCustomer("customer", ref, *store_, clock_->Now());
        if (!id.ok()) return id.status();
        auto recorded = registry->RecordConsent(*id, consent);
        if (!recorded.ok()) return recorded.status();
        response->set_customer_id(recorded->customer_id);
        response->set_changed(recorded->changed);
        return absl::OkStatus();
      },
      std::move(done));
}

void StatementHandler::EraseCustomer(const v1::EraseCustomerRequest& request,
                                     Done<v1::EraseCustomerResponse> done) const {
  if (absl::Status s = CheckCustomer(request.customer()); !s.ok()) return done(s, {});
  Submit<v1::EraseCustomerResponse>(
      [this, ref = request.customer()](Registry* registry, auto* response) {
        auto id = ResolveCustomer("customer", ref, *store_, clock_->Now());
        if (!id.ok()) return id.status();
        auto survivor = Survivor(*id);
        if (!survivor.ok()) return survivor.status();
        absl::StatusOr<std::vector<Identity>> identities = std::vector<Identity>();
        if (!survivor->empty()) identities = store_->ListIdentities(*survivor);
        if (!identities.ok()) return identities.status();
        auto erased = registry->Erase(*id, clock_->Now());
        if (!erased.ok()) return erased.status();
        // After the registry: who commits a decision meanwhile is forgotten, too.
        std::vector<std::string> ids = {*survivor};
        for (const Identity& identity : *identities) ids.push_back(DerivedCustomerId(identity));
        for (const std::string& gone : ids) {
          if (ledger_ == nullptr || gone.empty()) continue;
          if (absl::Status s = ledger_->Erase(gone); !s.ok()) return s;
        }
        response->set_receipts_count(erased->receipts);
        response->set_identities_count(erased->identities);
        response->set_known(erased->known);
        return absl::OkStatus();
      },
      std::move(done));
}

}  // namespace nbo::server
