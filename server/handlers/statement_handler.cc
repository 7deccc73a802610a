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

template <typename Response, typename State>
void StatementHandler::SubmitStated(const v1::CustomerRef& ref, State state, Done<Response> done) const {
  Submit<Response>(
      [this, ref, state = std::move(state)](Registry* registry, auto* response) {
        auto id = ResolveCustomer("customer", ref, *store_, clock_->Now());
        if (!id.ok()) return id.status();
        const absl::StatusOr<Registry::Stated> stated = state(registry, *id);
        if (!stated.ok()) return stated.status();
        response->set_customer_id(stated->customer_id);
        response->set_changed(stated->changed);
        return absl::OkStatus();
      },
      std::move(done));
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

// Two ids are one person: the ledger hears of it before the registry writes it and after. Whoever asks meanwhile, by
// either id, finds what the person was told; a crash in between leaves nothing behind.
template <typename Stated>
absl::StatusOr<Stated> StatementHandler::Unite(
    const std::function<absl::StatusOr<Stated>(const Registry::BeforeWrite&)>& state) const {
  std::string absorbed, survivor;
  absl::StatusOr<Stated> stated = state([&](const std::string& from, const std::string& to) {
    absorbed = from;
    survivor = to;
    return ledger_ != nullptr ? ledger_->Merge(from, to, /*done=*/false) : absl::OkStatus();
  });
  if (!stated.ok() || absorbed.empty() || ledger_ == nullptr) return stated;
  if (absl::Status s = ledger_->Merge(absorbed, survivor, /*done=*/true); !s.ok()) return s;
  return stated;
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
        auto linked = Unite<Registry::Linked>(
            [&](const auto& before_write) { return registry->Link(identity, customer_id, time, before_write); });
        if (!linked.ok()) return linked.status();
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
        auto merged = Unite<Registry::Merged>(
            [&](const auto& before_write) { return registry->Merge(absorbed, survivor, before_write); });
        if (!merged.ok()) return merged.status();
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
  if (absl::Status s = CheckText("source", request.source(), kMaxStatementSourceBytes); !s.ok()) return done(s, {});
  if (absl::Status s = CheckCustomer(request.customer()); !s.ok()) return done(s, {});
  Consent consent{*channel, request.granted(), *time, request.source()};
  SubmitStated<v1::RecordConsentResponse>(
      request.customer(),
      [consent](Registry* registry, const std::string& id) { return registry->RecordConsent(id, consent); },
      std::move(done));
}

void StatementHandler::RecordAttributes(const v1::RecordAttributesRequest& request,
                                        Done<v1::RecordAttributesResponse> done) const {
  auto time = TimeOf(request.has_time(), request.time());
  if (!time.ok()) return done(time.status(), {});
  if (absl::Status s = CheckLine("source", request.source(), kMaxStatementSourceBytes); !s.ok()) return done(s, {});
  if (absl::Status s = CheckCustomer(request.customer()); !s.ok()) return done(s, {});
  std::vector<Attribute> statement;
  for (const auto& [key, value] : request.attributes()) statement.push_back({key, value, *time, request.source()});
  for (const std::string& key : request.removed_keys()) {
    statement.push_back({key, std::nullopt, *time, request.source()});
  }
  if (absl::Status s = CheckStatement(statement); !s.ok()) return done(s, {});
  SubmitStated<v1::RecordAttributesResponse>(
      request.customer(),
      [statement = std::move(statement)](Registry* registry, const std::string& id) {
        return registry->RecordAttributes(id, statement);
      },
      std::move(done));
}

absl::StatusOr<std::vector<std::string>> StatementHandler::IdsOf(const std::string& customer_id) const {
  if (customer_id.empty()) return std::vector<std::string>();
  const auto identities = store_->ListIdentities(customer_id);
  if (!identities.ok()) return identities.status();
  std::vector<std::string> ids = {customer_id};
  for (const Identity& identity : *identities) ids.push_back(DerivedCustomerId(identity));
  return ids;
}

absl::Status StatementHandler::Forget(const std::vector<std::string>& customer_ids) const {
  for (const std::string& id : customer_ids) {
    if (ledger_ == nullptr) break;
    if (absl::Status s = ledger_->Erase(id); !s.ok()) return s;
  }
  return absl::OkStatus();
}

void StatementHandler::EraseCustomer(const v1::EraseCustomerRequest& request,
                                     Done<v1::EraseCustomerResponse> done) const {
  if (absl::Status s = CheckCustomer(request.customer()); !s.ok()) return done(s, {});
  Submit<v1::EraseCustomerResponse>(
      [this, ref = request.customer()](Registry* registry, auto* response) {
        auto id = ResolveCustomer("customer", ref, *store_, clock_->Now());
        if (!id.ok()) return id.status();
        auto survivor = store_->ReadAlias(*id);
        if (!survivor.ok()) return survivor.status();
        const std::string known = survivor->empty() ? *id : *survivor;
        // Before, so that a crash in between leaves nothing behind; and after, for what was decided meanwhile.
        absl::StatusOr<std::vector<std::string>> ids = IdsOf(known);
        if (!ids.ok()) return ids.status();
        if (absl::Status s = Forget(*ids); !s.ok()) return s;
        auto erased = registry->Erase(*id, clock_->Now());
        if (!erased.ok()) return erased.status();
        if (absl::Status s = Forget(*ids); !s.ok()) return s;
        response->set_receipts_count(erased->receipts);
        response->set_identities_count(erased->identities);
        response->set_known(erased->known);
        return absl::OkStatus();
      },
      std::move(done));
}

}  // namespace nbo::server
