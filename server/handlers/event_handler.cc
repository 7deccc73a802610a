#include "server/handlers/event_handler.h"

#include <string>
#include <utility>

#include "core/base/text.h"

namespace nbo::server {

absl::StatusOr<Receipt> EventHandler::Accept(bool has_purchase, const v1::Purchase& purchase) const {
  absl::StatusOr<Receipt> receipt = absl::InvalidArgumentError("purchase: is required");
  if (has_purchase) receipt = ToReceipt(purchase, *store_, clock_->Now(), rules_);
  if (!receipt.ok()) observer_->OnReceipt(receipt.status());
  return receipt;
}

void EventHandler::RecordPurchase(const v1::RecordPurchaseRequest& request, RecordDone done) const {
  absl::StatusOr<Receipt> receipt = Accept(request.has_purchase(), request.purchase());
  if (!receipt.ok()) return done(receipt.status(), {});
  auto finish = [done, customer_id = receipt->customer_id](const absl::StatusOr<RecordResult>& result) {
    v1::RecordPurchaseResponse response;
    if (!result.ok()) return done(result.status(), response);
    response.set_result(*result == RecordResult::kAccepted ? v1::RECORD_RESULT_ACCEPTED : v1::RECORD_RESULT_DUPLICATE);
    response.set_customer_id(customer_id);
    done(absl::OkStatus(), response);
  };
  if (absl::Status s = pipeline_->TrySubmit(*std::move(receipt), std::move(finish)); !s.ok()) {
    observer_->OnReceipt(s);
    done(s, {});
  }
}

void EventHandler::RecordStreamed(const v1::RecordPurchasesRequest& request, IngestPipeline::ReceiptDone done) const {
  absl::StatusOr<Receipt> receipt = Accept(request.has_purchase(), request.purchase());
  if (!receipt.ok()) return done(receipt.status());
  pipeline_->Submit(*std::move(receipt), std::move(done));
}

void EventHandler::LinkIdentity(const v1::LinkIdentityRequest& request, LinkDone done) const {
  absl::StatusOr<Identity> identity = ToIdentity("identity", request.identity());
  if (!identity.ok()) return done(identity.status(), {});
  if (absl::Status s = CheckId("customer_id", request.customer_id(), /*required=*/true); !s.ok()) return done(s, {});
  if (request.customer_id()[0] == '~') {
    return done(absl::InvalidArgumentError("customer_id: ids that begin with '~' are reserved"), {});
  }
  if (!request.has_time()) return done(absl::InvalidArgumentError("time: is required"), {});
  absl::StatusOr<absl::Time> time = ToEventTime("time", request.time(), clock_->Now(), rules_);
  if (!time.ok()) return done(time.status(), {});
  auto finish = [done](const absl::StatusOr<IdentityLink>& link) {
    v1::LinkIdentityResponse response;
    if (link.ok()) response.set_customer_id(link->customer_id);
    done(link.status(), response);
  };
  // To the microsecond, as it is stored: which of two links holds must not depend on whether one was stored already.
  IdentityLink link{*std::move(identity), request.customer_id(), absl::FromUnixMicros(absl::ToUnixMicros(*time))};
  if (absl::Status s = pipeline_->TrySubmitLink(std::move(link), std::move(finish)); !s.ok()) done(s, {});
}

}  // namespace nbo::server
