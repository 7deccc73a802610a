#include "server/rpc/decision_rpc.h"

#include <google/protobuf/arena.h>

#include <optional>

#include "absl/time/clock.h"
#include "server/handlers/convert.h"

namespace nbo::server {
namespace {

// What every call ends with, whoever answers it: the counting, the answer.
class Ending {
 public:
  Ending(OfferDesk* desk, Metrics* metrics) : desk_(desk), metrics_(metrics) {}

  void NoteChannel(const v1::GetOffersRequest& request) {
    if (auto known = ToChannel("", request.channel()); known.ok()) channel_ = *known;
  }
  absl::Time start() const { return start_; }

  void End(UnaryCall* call, const absl::Status& status, const v1::GetOffersResponse& response) const {
    if (status.ok()) metrics_->CountAnswer(response.tier(), response.tier_reason(), response.offers_size());
    call->Finish(status, &response);
    Count(status.code());
    desk_->Leave();
  }

  // Not even parsed.
  void Refuse(UnaryCall* call) const {
    const absl::Status status =
        absl::ResourceExhaustedError("too many calls for offers are under way; try again later");
    Count(status.code());
    call->Finish(status, nullptr, desk_->retry_delay());
  }

 private:
  void Count(absl::StatusCode code) const {
    metrics_->CountCall(Method::kGetOffers, channel_, code, absl::Now() - start_);
  }

  OfferDesk* const desk_;
  Metrics* const metrics_;
  const absl::Time start_ = absl::Now();
  Channel channel_ = Channel::kUnspecified;
};

}  // namespace

void GetOffers(OfferDesk* desk, Metrics* metrics, const std::shared_ptr<UnaryCall>& call) {
  Ending ending(desk, metrics);
  if (!desk->Enter()) return ending.Refuse(call.get());
  google::protobuf::Arena arena;
  auto* request = google::protobuf::Arena::CreateMessage<v1::GetOffersRequest>(&arena);
  auto* response = google::protobuf::Arena::CreateMessage<v1::GetOffersResponse>(&arena);
  std::optional<absl::Status> status = call->Parse(request);
  if (status->ok()) {
    ending.NoteChannel(*request);
    status = desk->TryNow(*request, response);
  }
  if (status.has_value()) return ending.End(call.get(), *status, *response);
  // It waits for the disk, and the call with it.
  const auto waiting = desk->Wait(*request, ending.start(), call->deadline(),
                                  [call, ending](const absl::Status& ended, const v1::GetOffersResponse& answer) {
                                    ending.End(call.get(), ended, answer);
                                  });
  call->OnCancel([desk, waiting] { desk->Cancel(waiting); });
}

}  // namespace nbo::server
