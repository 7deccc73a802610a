// Takes in statements about who is who and what holds of them: links of identities, merges, consents, attributes,
// erasures.
#ifndef NBO_SERVER_HANDLERS_STATEMENT_HANDLER_H_
#define NBO_SERVER_HANDLERS_STATEMENT_HANDLER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/base/clock.h"
#include "core/ledger/ledger.h"
#include "core/profile/registry.h"
#include "core/profile/store.h"
#include "nbo/v1/customer_service.pb.h"
#include "nbo/v1/event_service.pb.h"
#include "server/handlers/convert.h"
#include "server/ingest/pipeline.h"

namespace nbo::server {

// Knows no transport. Thread-safe; all pointers must outlive it. Each callback is called exactly once: at once for what
// is refused, else from the pipeline's registrar when the statement is durable.
class StatementHandler {
 public:
  // `ledger` follows what is stated: contacts go where the person goes. May be null: there is none.
  StatementHandler(const ProfileStore* store, IngestPipeline* pipeline, const Clock* clock, const TimeRules& rules,
                   ContactLedger* ledger = nullptr)
      : store_(store), pipeline_(pipeline), clock_(clock), rules_(rules), ledger_(ledger) {}

  template <typename Response>
  using Done = std::function<void(const absl::Status&, const Response&)>;

  void LinkIdentity(const v1::LinkIdentityRequest& request, Done<v1::LinkIdentityResponse> done) const;
  void UnlinkIdentity(const v1::UnlinkIdentityRequest& request, Done<v1::UnlinkIdentityResponse> done) const;
  void MergeCustomers(const v1::MergeCustomersRequest& request, Done<v1::MergeCustomersResponse> done) const;
  void RecordConsent(const v1::RecordConsentRequest& request, Done<v1::RecordConsentResponse> done) const;
  void RecordAttributes(const v1::RecordAttributesRequest& request, Done<v1::RecordAttributesResponse> done) const;
  void EraseCustomer(const v1::EraseCustomerRequest& request, Done<v1::EraseCustomerResponse> done) const;

 private:
  // Submits what is stated of a customer: `state(registry, customer_id)`.
  template <typename Response, typename State>
  void SubmitStated(const v1::CustomerRef& ref, State state, Done<Response> done) const;
  // Submits `run`, which fills the response, and calls `done` with it.
  template <typename Response, typename Run>
  void Submit(Run run, Done<Response> done) const;
  // Carries out what makes two ids one person, with the ledger.
  template <typename Stated>
  absl::StatusOr<Stated> Unite(const std::function<absl::StatusOr<Stated>(const Registry::BeforeWrite&)>& state) const;
  // The ids under which a person may have been told something: this one, and those derived from the identities.
  absl::StatusOr<std::vector<std::string>> IdsOf(const std::string& customer_id) const;
  // Takes them out of the ledger.
  absl::Status Forget(const std::vector<std::string>& customer_ids) const;
  absl::Status CheckCustomer(const v1::CustomerRef& ref) const;
  absl::StatusOr<absl::Time> TimeOf(bool has_time, const google::protobuf::Timestamp& time) const;

  const ProfileStore* const store_;
  IngestPipeline* const pipeline_;
  const Clock* const clock_;
  const TimeRules rules_;
  ContactLedger* const ledger_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_STATEMENT_HANDLER_H_
