#include "server/handlers/event_handler.h"

#include <string>
#include <utility>

namespace nbo::server {
namespace {

v1::RecordResult ToRecordResult(RecordResult result) {
  switch (result) {
    case RecordResult::kAccepted: return v1::RECORD_RESULT_ACCEPTED;
    case RecordResult::kDuplicate: return v1::RECORD_RESULT_DUPLICATE;
    case RecordResult::kCorrected: return v1::RECORD_RESULT_CORRECTED;
    case RecordResult::kSuperseded: return v1::RECORD_RESULT_SUPERSEDED;
    case RecordResult::kErased: return v1::RECORD_RESULT_ERASED;
    case RecordResult::kElsewhere: break;  // never leaves the pipeline
  }
  return v1::RECORD_RESULT_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<Receipt> EventHandler::Accept(bool has_purchase, const v1::Purchase& purchase) const {
  absl::StatusOr<Receipt> receipt = absl::InvalidArgumentError("purchase: is required");
  if (has_purchase) receipt = ToReceipt(purchase, clock_->Now(), rules_);
  if (!receipt.ok()) observer_->OnReceipt(receipt.status());
  return receipt;
}

void EventHandler::RecordPurchase(const v1::RecordPurchaseRequest& request, RecordDone done) const {
  absl::StatusOr<Receipt> receipt = Accept(request.has_purchase(), request.purchase());
  if (!receipt.ok()) return done(receipt.status(), {});
  auto finish = [done](const absl::StatusOr<RecordResult>& result, absl::string_view customer_id) {
    v1::RecordPurchaseResponse response;
    if (result.ok()) {
      response.set_result(ToRecordResult(*result));
      response.set_customer_id(std::string(customer_id));
    }
    done(result.status(), response);
  };
  if (absl::Status s = pipeline_->TrySubmit(*std::move(receipt), std::move(finish)); !s.ok()) {
    observer_->OnReceipt(s);
    done(s, {});
  }
}

void EventHandler::RecordStreamed(const v1::RecordPurchasesRequest& request, IngestPipeline::ReceiptDone done) const {
  absl::StatusOr<Receipt> receipt = Accept(request.has_purchase(), request.purchase());
  if (!receipt.ok()) return done(receipt.status(), "");
  pipeline_->Submit(*std::move(receipt), std::move(done));
}

}  // namespace nbo::server
