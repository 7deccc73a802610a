// The baseline of the benchmarks: DecisionService.GetOffers that decides nothing. It parses the request on an arena and
// serializes a prepared answer, in the same API style and with the same server settings as nbod; what nbod costs more
// is nbo's own. The prepared answers were captured from nbod and are given in turn, so sizes are mixed alike.
#include <google/protobuf/arena.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "nbo/v1/decision_service.grpc.pb.h"

namespace nbo::bench {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class Echo final : public v1::DecisionService::WithRawCallbackMethod_GetOffers<v1::DecisionService::Service> {
 public:
  // At least one answer.
  explicit Echo(std::vector<v1::GetOffersResponse> answers) : answers_(std::move(answers)) {}

  ServerUnaryReactor* GetOffers(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    ServerUnaryReactor* reactor = context->DefaultReactor();
    google::protobuf::Arena arena;
    auto* request = google::protobuf::Arena::CreateMessage<v1::GetOffersRequest>(&arena);
    grpc::Slice bytes;
    const bool whole = in->TrySingleSlice(&bytes).ok() || in->DumpToSingleSlice(&bytes).ok();
    if (!whole || !request->ParseFromArray(bytes.begin(), static_cast<int>(bytes.size()))) {
      reactor->Finish({grpc::StatusCode::INVALID_ARGUMENT, "not a GetOffersRequest"});
      return reactor;
    }
    static thread_local size_t turn = 0;
    const v1::GetOffersResponse& answer = answers_[turn++ % answers_.size()];
    grpc::Slice slice(answer.ByteSizeLong());
    answer.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
    ByteBuffer buffer(&slice, 1);
    out->Swap(&buffer);
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const std::vector<v1::GetOffersResponse> answers_;
};

// Three offers of a usual size.
v1::GetOffersResponse MadeUpAnswer() {
  v1::GetOffersResponse answer;
  answer.set_decision_id(std::string(28, 'd'));
  answer.set_customer_id("c0000000");
  for (int i = 1; i <= 3; ++i) {
    v1::RankedOffer* offer = answer.add_offers();
    offer->set_rank(i);
    offer->set_offer_id("offer-00000");
    offer->mutable_treatment()->set_title(std::string(30, 't'));
    offer->mutable_treatment()->set_body(std::string(70, 'b'));
    offer->set_score(1);
  }
  return answer;
}

// The answers captured by nbo_bench_load; a made-up one if there is no path; none if the file cannot be read.
std::vector<v1::GetOffersResponse> LoadAnswers(const std::string& path) {
  if (path.empty()) return {MadeUpAnswer()};
  std::vector<v1::GetOffersResponse> answers;
  std::ifstream file(path, std::ios::binary);
  google::protobuf::io::IstreamInputStream stream(&file);
  bool at_end = false;
  v1::GetOffersResponse answer;
  while (google::protobuf::util::ParseDelimitedFromZeroCopyStream(&answer, &stream, &at_end)) {
    answers.push_back(std::move(answer));
    answer.Clear();  // the parser merges
  }
  if (!at_end) answers.clear();
  return answers;
}

bool WritePorts(const std::string& path, int port) {
  if (path.empty()) return true;
  const std::string aside = path + ".new";  // renamed when whole, as nbod does
  {
    std::ofstream file(aside);
    file << "{\"grpc\": " << port << "}\n";
    if (!file) return false;
  }
  return std::rename(aside.c_str(), path.c_str()) == 0;
}

int Main(int argc, char** argv) {
  CLI::App app("The baseline of the benchmarks: an RPC that does nothing else.");
  std::string payload, ports_file;
  int port = 0;
  bool bare = false;
  app.add_option("--payload", payload, "answers to give, a file of nbo_bench_load --capture");
  app.add_option("--port", port, "port on 127.0.0.1; 0 picks a free one")->capture_default_str();
  app.add_option("--ports-file", ports_file, "write the port to this file as JSON when ready");
  app.add_flag("--bare", bare, "without the health and reflection services that nbod has");
  CLI11_PARSE(app, argc, argv);

  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  std::vector<v1::GetOffersResponse> answers = LoadAnswers(payload);
  if (answers.empty()) {
    std::fprintf(stderr, "--payload: %s was not written by nbo_bench_load --capture\n", payload.c_str());
    return 1;
  }
  Echo service(std::move(answers));
  if (!bare) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  }
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(4 << 20);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr || port == 0 || !WritePorts(ports_file, port)) {
    std::fprintf(stderr, "cannot listen, or cannot write --ports-file\n");
    return 1;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  return 0;
}

}  // namespace
}  // namespace nbo::bench

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as nbod does
  return nbo::bench::Main(argc, argv);
}
