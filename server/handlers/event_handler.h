// Takes in receipts.
#ifndef NBO_SERVER_HANDLERS_EVENT_HANDLER_H_
#define NBO_SERVER_HANDLERS_EVENT_HANDLER_H_

#include <functional>

#include "absl/status/status.h"
#include "core/base/clock.h"
#include "nbo/v1/event_service.pb.h"
#include "server/handlers/convert.h"
#include "server/ingest/pipeline.h"

namespace nbo::server {

// Knows no transport. Thread-safe; all pointers must outlive it. Each callback is called exactly once: at once for what
// is refused before it is queued, else from a writer thread when the event is durable.
class EventHandler {
 public:
  // `observer` is told of receipts that are refused before they reach the pipeline.
  EventHandler(IngestPipeline* pipeline, const Clock* clock, const TimeRules& rules, IngestObserver* observer)
      : pipeline_(pipeline), clock_(clock), rules_(rules), observer_(observer) {}

  using RecordDone = std::function<void(const absl::Status&, const v1::RecordPurchaseResponse&)>;
  void RecordPurchase(const v1::RecordPurchaseRequest& request, RecordDone done) const;

  // One message of a stream. Never refuses for want of room: the stream bounds what is under way.
  void RecordStreamed(const v1::RecordPurchasesRequest& request, IngestPipeline::ReceiptDone done) const;

 private:
  // Converts and checks; what is refused is observed.
  absl::StatusOr<Receipt> Accept(bool has_purchase, const v1::Purchase& purchase) const;

  IngestPipeline* const pipeline_;
  const Clock* const clock_;
  const TimeRules rules_;
  IngestObserver* const observer_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_EVENT_HANDLER_H_
