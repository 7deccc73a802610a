#include "server/rpc/purchase_stream.h"

#include <memory>
#include <string>
#include <utility>

#include "core/base/limits.h"
#include "core/base/text.h"

namespace nbo::server {
namespace {

// A refused receipt's id as far as it may travel back: whatever came in, an answer must be UTF-8, or no client can read
// it.
std::string IdToTell(const std::string& sent) {
  std::string id = sent.substr(0, kMaxIdBytes);
  for (int cut = 0; cut < 3 && !IsUtf8(id); ++cut) id.pop_back();  // the limit may lie within a character
  return IsUtf8(id) ? id : "";
}

class PurchaseStream final : public RunStream {
 public:
  PurchaseStream(RunStreams* owner, StreamCall* call, const EventHandler* handler, Metrics* metrics)
      : RunStream(owner, call, Method::kRecordPurchases, metrics), handler_(handler) {}

 private:
  void Take(size_t sequence, absl::string_view message) override {
    const absl::Status parsed = ParseStreamed(message, &request_);
    std::string receipt_id = IdToTell(request_.purchase().receipt_id());
    // Acknowledged together with the others of its group, or as soon as it is read if it was refused at once.
    auto fill = [this, sequence, receipt_id = std::move(receipt_id)](const absl::StatusOr<RecordResult>& result,
                                                                     absl::string_view) {
      Filled filled;
      filled.status = result.status();
      if (result.ok()) {
        filled.result = static_cast<int>(*result);
      } else {
        filled.id = receipt_id;
      }
      Fill(sequence, std::move(filled), /*flush=*/false);
    };
    if (!parsed.ok()) {
      metrics_->CountRefusedReceipt(parsed.code());
      fill(parsed, "");
    } else {
      handler_->RecordStreamed(request_, std::move(fill));
    }
    if (message.size() > kKeptRequestBytes) request_ = v1::RecordPurchasesRequest();
    Taken();
  }

  void Add(size_t sequence, const Filled& filled) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto number = static_cast<int64_t>(sequence);
    if (filled.status.ok()) {
      switch (static_cast<RecordResult>(filled.result)) {
        case RecordResult::kAccepted: response_.set_accepted_count(response_.accepted_count() + 1); break;
        case RecordResult::kDuplicate: response_.add_duplicate_sequences(number); break;
        case RecordResult::kCorrected: response_.add_corrected_sequences(number); break;
        case RecordResult::kSuperseded: response_.add_superseded_sequences(number); break;
        case RecordResult::kErased: response_.add_erased_sequences(number); break;
        case RecordResult::kElsewhere: break;  // never leaves the pipeline
      }
      return;
    }
    v1::RecordPurchasesResponse::Rejection* rejection = response_.add_rejections();
    rejection->set_sequence(number);
    rejection->set_code(static_cast<int>(filled.status.code()));
    rejection->set_message(std::string(filled.status.message()));
    rejection->set_receipt_id(filled.id);
  }

  std::unique_ptr<google::protobuf::Message> Compose(size_t acknowledged_through) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    response_.set_acknowledged_through(static_cast<int64_t>(acknowledged_through));
    auto out = std::make_unique<v1::RecordPurchasesResponse>();
    out->Swap(&response_);
    return out;
  }

  const EventHandler* const handler_;
  v1::RecordPurchasesRequest request_;  // touched by the one message being taken only
  v1::RecordPurchasesResponse response_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

StreamHandler* PurchaseStreams::Open(StreamCall* call, const EventHandler* handler, Metrics* metrics) {
  return Admit(call, [&] { return new PurchaseStream(this, call, handler, metrics); });
}

}  // namespace nbo::server
