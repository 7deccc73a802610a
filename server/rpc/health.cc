#include "server/rpc/health.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nbo::server {

// A call of Watch: one request, then the health whenever it changes. The loop of its connection calls the handler's
// members, any thread that changes the health calls Tell.
class Health::Watcher final : public StreamHandler {
 public:
  Watcher(Health* health, StreamCall* call) : health_(health), call_(call) { call_->Read(); }

  void OnMessage(absl::string_view message) override {
    rpc::v1::HealthRequest request;
    const absl::Status parsed = ParseMessage(message, &request);
    absl::MutexLock lock(&health_->mutex_);
    if (!parsed.ok()) return End(parsed);
    watching_ = true;
    health_->watchers_.insert(this);
    known_ = health_->Knows(request.service());
    Tell();
    call_->Read();  // for the client's leaving
  }
  void OnInputEnd() override {
    absl::MutexLock lock(&health_->mutex_);
    // Clients end their side after the request and go on watching; those who left are noticed by the next write.
    if (!watching_) End(absl::InvalidArgumentError("a request is missing"));
  }
  void OnWritten(bool ok) override {
    absl::MutexLock lock(&health_->mutex_);
    writing_ = false;
    if (!ok) return End(absl::CancelledError(""));
    if (due_) Tell();
    EndIfNotServing();
  }
  void OnDone() override {
    {
      absl::MutexLock lock(&health_->mutex_);
      health_->watchers_.erase(this);
    }
    delete this;
  }

  // Tells the compiler's analysis that the lock of this watcher's health is the one that its caller holds.
  void AssertLocked() const ABSL_ASSERT_EXCLUSIVE_LOCK(health_->mutex_) { health_->mutex_.AssertHeld(); }
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(health_->mutex_) {
    due_ = writing_;
    if (writing_ || ended_) return;
    rpc::v1::HealthResponse response;
    response.set_status(known_ ? health_->status() : rpc::v1::HEALTH_STATUS_SERVICE_UNKNOWN);
    writing_ = true;
    call_->Write(response);
  }

 private:
  void EndIfNotServing() ABSL_EXCLUSIVE_LOCKS_REQUIRED(health_->mutex_) {
    if (!health_->serving_ && !writing_) End(absl::UnavailableError("the server is shutting down"));
  }
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(health_->mutex_) {
    if (ended_) return;
    ended_ = true;
    call_->Finish(status);
  }

  Health* const health_;
  StreamCall* const call_;
  bool known_ ABSL_GUARDED_BY(health_->mutex_) = false;
  bool watching_ ABSL_GUARDED_BY(health_->mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(health_->mutex_) = false;
  bool due_ ABSL_GUARDED_BY(health_->mutex_) = false;  // changed while it was told
  bool ended_ ABSL_GUARDED_BY(health_->mutex_) = false;
};

void Health::AddTo(MethodTable* table) {
  RpcMethod check;
  check.run = [this](const std::shared_ptr<UnaryCall>& call) { Check(call.get()); };
  table->Add("/grpc.health.v1.Health/Check", std::move(check));
  RpcMethod watch;
  watch.open = [this](StreamCall* call) { return new Watcher(this, call); };
  table->Add("/grpc.health.v1.Health/Watch", std::move(watch));
}

bool Health::Knows(const std::string& service) const {
  if (service.empty() || service == "nbod") return true;
  const std::string prefix = absl::StrCat("/", service, "/");
  for (const auto& [path, method] : methods_->methods()) {
    if (absl::StartsWith(path, prefix)) return true;
  }
  return false;
}

void Health::Check(UnaryCall* call) const {
  rpc::v1::HealthRequest request;
  absl::Status status = call->Parse(&request);
  if (status.ok() && !Knows(request.service())) status = absl::NotFoundError("service: is not served here");
  rpc::v1::HealthResponse response;
  {
    absl::MutexLock lock(&mutex_);
    response.set_status(this->status());
  }
  call->Finish(status, &response);
}

void Health::SetServing(bool serving) {
  absl::MutexLock lock(&mutex_);
  serving_ = serving;
  for (Watcher* watcher : watchers_) {
    watcher->AssertLocked();
    watcher->Tell();
  }
}

}  // namespace nbo::server
