// Methods behind a real port, and a channel to them.
#ifndef NBO_TESTS_SERVER_RPC_SERVED_METHODS_H_
#define NBO_TESTS_SERVER_RPC_SERVED_METHODS_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/net/server.h"
#include "server/rpc/grpc_site.h"
#include "server/rpc/method_table.h"

namespace nbo::server {

class ServedMethods {
 public:
  explicit ServedMethods(MethodTable methods, const NetOptions& options = {}) : methods_(std::move(methods)) {
    auto server = NetServer::Listen("127.0.0.1", 0, options, &site_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~ServedMethods() { Shutdown(); }

  // Channels with different numbers are different connections.
  std::shared_ptr<grpc::Channel> Connect(int number = 0) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("channel", number);
    auto channel = grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                             grpc::InsecureChannelCredentials(), arguments);
    // A first attempt to connect may fail on a busy machine; what is tested begins behind it.
    EXPECT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)));
    return channel;
  }
  void Shutdown() { server_->Shutdown(absl::Now() + absl::Seconds(10)); }
  NetServer& server() { return *server_; }

 private:
  MethodTable methods_;
  GrpcSite site_{&methods_};
  std::unique_ptr<NetServer> server_;
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_RPC_SERVED_METHODS_H_
