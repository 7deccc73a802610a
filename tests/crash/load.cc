#include "tests/crash/load.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <random>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "nbo/v1/decision_service.grpc.pb.h"
#include "tests/crash/statements.h"

namespace nbo::crash {
namespace {

constexpr size_t kFlushEvery = 32;

Answer AnswerOf(int code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT: return Answer::kInvalid;
    case grpc::StatusCode::ALREADY_EXISTS: return Answer::kConflict;
    default: return Answer::kOther;
  }
}

Answer AnswerOf(v1::RecordResult result) {
  switch (result) {
    case v1::RECORD_RESULT_ACCEPTED: return Answer::kAccepted;
    case v1::RECORD_RESULT_DUPLICATE: return Answer::kDuplicate;
    case v1::RECORD_RESULT_CORRECTED: return Answer::kCorrected;
    case v1::RECORD_RESULT_SUPERSEDED: return Answer::kSuperseded;
    default: return Answer::kOther;
  }
}

// What a response of a stream says of its messages, by number: of all but the accepted and the rejected ones.
absl::flat_hash_map<int64_t, Answer> NamedIn(const v1::RecordPurchasesResponse& response) {
  absl::flat_hash_map<int64_t, Answer> named;
  for (const int64_t sequence : response.duplicate_sequences()) named[sequence] = Answer::kDuplicate;
  for (const int64_t sequence : response.corrected_sequences()) named[sequence] = Answer::kCorrected;
  for (const int64_t sequence : response.superseded_sequences()) named[sequence] = Answer::kSuperseded;
  for (const int64_t sequence : response.erased_sequences()) named[sequence] = Answer::kOther;
  return named;
}

void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  context->set_wait_for_ready(false);
}

}  // namespace

// One RecordPurchases call. The writer appends to `sent` before it writes; the reader takes from the front.
struct Load::Stream {
  grpc::ClientContext context;
  std::unique_ptr<v1::EventService::Stub> stub;
  std::unique_ptr<grpc::ClientReaderWriter<v1::RecordPurchasesRequest, v1::RecordPurchasesResponse>> call;
  absl::Mutex mutex;
  std::deque<Task> unanswered ABSL_GUARDED_BY(mutex);
  int64_t answered ABSL_GUARDED_BY(mutex) = 0;  // messages
  bool ended ABSL_GUARDED_BY(mutex) = false;    // no answer comes any more
};

Load::Load(int port, const EventShape& shape, const LoadOptions& options, Script* script)
    : port_(port), shape_(shape), options_(options), script_(script) {
  for (int i = 0; i < options.streams; ++i) senders_.emplace_back([this] { RunStream(); });
  for (int i = 0; i < options.unary_threads; ++i) senders_.emplace_back([this, i] { RunUnary(i); });
  if (options.offers) asker_ = std::thread([this] { RunOffers(); });
}

Load::~Load() { Join(); }

void Load::Join() {
  for (std::thread& sender : senders_) {
    if (sender.joinable()) sender.join();
  }
  receipts_done_ = true;
  if (asker_.joinable()) asker_.join();
}

std::vector<std::string> Load::complaints() const {
  absl::MutexLock lock(&mutex_);
  return complaints_;
}

void Load::Complain(const std::string& what, const grpc::Status& status) {
  if (dying_) return;
  absl::MutexLock lock(&mutex_);
  if (complaints_.size() < 20) {
    complaints_.push_back(absl::StrCat(what, ": code ", static_cast<int>(status.error_code()), ": ",
                                       status.error_message(), " (the server was not killed)"));
  }
}

std::shared_ptr<grpc::Channel> Load::Connect() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // each client has its connection
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  auto channel =
      grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials(), arguments);
  channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return channel;
}

Event Load::EventOf(const Task& task) const {
  if (task.purpose == Purpose::kConflict) return MakeConflict(shape_, task.number);
  Event event = MakeEvent(shape_, task.number);
  // The order of lines is no part of a receipt: a till that sends it again may turn them round.
  auto* purchase = std::get_if<v1::Purchase>(&event.what);
  if (purchase != nullptr && task.purpose != Purpose::kFirst) {
    std::reverse(purchase->mutable_lines()->begin(), purchase->mutable_lines()->end());
    std::reverse(purchase->mutable_returns()->begin(), purchase->mutable_returns()->end());
  }
  return event;
}

void Load::Answered(const Task& task, Answer answer, const std::string& message) {
  script_->Note(task, answer, message);
  if (!answered_.exchange(true)) first_answer_.Notify();
}

void Load::ReadAnswers(Stream* stream) {
  v1::RecordPurchasesResponse response;
  while (stream->call->Read(&response)) {
    const auto named = NamedIn(response);
    int rejection = 0;
    while (true) {
      Task task;
      int64_t sequence;
      {
        absl::MutexLock lock(&stream->mutex);
        if (stream->answered >= response.acknowledged_through() || stream->unanswered.empty()) break;
        task = stream->unanswered.front();
        stream->unanswered.pop_front();
        sequence = ++stream->answered;
      }
      if (rejection < response.rejections_size() && response.rejections(rejection).sequence() == sequence) {
        const auto& refused = response.rejections(rejection++);
        Answered(task, AnswerOf(refused.code()), refused.message());
      } else {
        auto it = named.find(sequence);
        Answered(task, it == named.end() ? Answer::kAccepted : it->second, "");
      }
    }
  }
  absl::MutexLock lock(&stream->mutex);
  stream->ended = true;
}

void Load::RunStream() {
  Stream stream;
  stream.stub = v1::EventService::NewStub(Connect());
  stream.call = stream.stub->RecordPurchases(&stream.context);
  std::thread reader([&] { ReadAnswers(&stream); });
  auto may_send = [&]() ABSL_SHARED_LOCKS_REQUIRED(stream.mutex) {
    return stream.ended || stream.unanswered.size() < options_.window;
  };
  v1::RecordPurchasesRequest request;
  bool broken = false;
  for (size_t sent = 1; !broken; ++sent) {
    const std::optional<Task> task = script_->Next();
    if (!task) break;
    const Event event = EventOf(*task);
    if (event.purchase() == nullptr) {
      broken = !SendAlone(*task, event, stream.stub.get());
      continue;
    }
    *request.mutable_purchase() = *event.purchase();
    grpc::WriteOptions options;
    {
      absl::MutexLock lock(&stream.mutex, absl::Condition(&may_send));
      stream.unanswered.push_back(*task);
      broken = stream.ended;
      // A message that waits in the buffer is never answered: none may when the window closes.
      if (stream.unanswered.size() < options_.window && sent % kFlushEvery != 0) options.set_buffer_hint();
    }
    broken = broken || !stream.call->Write(request, options);
  }
  if (!broken) stream.call->WritesDone();
  reader.join();
  const grpc::Status status = stream.call->Finish();
  if (broken || !status.ok()) Complain("RecordPurchases", status);
  absl::MutexLock lock(&stream.mutex);
  for (const Task& task : stream.unanswered) script_->Unanswered(task);
}

bool Load::SendAlone(const Task& task, const Event& event, v1::EventService::Stub* stub) {
  grpc::ClientContext context;
  SetDeadline(&context);
  grpc::Status status;
  Answer answer;
  if (const v1::Purchase* purchase = event.purchase()) {
    v1::RecordPurchaseRequest request;
    *request.mutable_purchase() = *purchase;
    v1::RecordPurchaseResponse response;
    status = stub->RecordPurchase(&context, request, &response);
    answer = AnswerOf(response.result());
  } else {
    const StatementReply reply = State(stub, event, &context);
    status = reply.status;
    answer = reply.changed ? Answer::kAccepted : Answer::kDuplicate;
  }
  if (!status.ok()) answer = AnswerOf(status.error_code());
  if (!status.ok() && answer == Answer::kOther) {
    script_->Unanswered(task);
    Complain(event.purchase() != nullptr ? "RecordPurchase" : "a statement", status);
    return false;
  }
  Answered(task, answer, status.error_message());
  return true;
}

void Load::RunUnary(int thread) {
  const auto stub = v1::EventService::NewStub(Connect());
  while (const std::optional<Task> task = script_->Next()) {
    if (!SendAlone(*task, EventOf(*task), stub.get())) return;
  }
}

void Load::RunOffers() {
  const auto stub = v1::DecisionService::NewStub(Connect());
  std::mt19937_64 random(shape_.seed + static_cast<uint64_t>(port_));
  while (!receipts_done_) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::GetOffersRequest request;
    const int customer = static_cast<int>(random() % static_cast<uint64_t>(shape_.customers));
    request.mutable_customer()->set_customer_id(CustomerId(customer));
    request.set_channel(v1::CHANNEL_POS);
    v1::GetOffersResponse response;
    const grpc::Status status = stub->GetOffers(&context, request, &response);
    if (!status.ok()) {
      Complain("GetOffers", status);
      return;
    }
    if (response.tier_reason() == v1::TIER_REASON_STORE_UNAVAILABLE) Complain("GetOffers cannot read", status);
    ++offers_answered_;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the receipts are what is tested
  }
}

}  // namespace nbo::crash
