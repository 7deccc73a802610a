// Many streams with large receipts against a store that does not get on.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/config.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "server/rpc/purchase_stream.h"
#include "server/rpc/services.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/server/fakes.h"
#include "tests/server/messages.h"
#include "tests/server/rpc/served_methods.h"

namespace nbo::server {
namespace {

constexpr int kChannels = 4;  // connections
constexpr int kStreams = 64;
constexpr int kReceipts = 60;  // of each stream
constexpr size_t kLimitBytes = 64 << 20;

int64_t ResidentBytes() {
  int64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

class BoundedMemoryTest : public ::testing::Test {
 protected:
  BoundedMemoryTest() {
    streams_ = std::make_unique<PurchaseStreams>(StreamOptions{.max_streams = kStreams}, &pipeline_);
    served_ =
        std::make_unique<ServedMethods>(MakeMethods({nullptr, &handler_, nullptr, nullptr}, &metrics_, streams_.get()));
    for (int i = 0; i < kChannels; ++i) channels_.push_back(served_->Connect(i));
    // The largest receipt that may be, near enough: 1000 lines. What is in two parts of a message is merged, so that
    // all messages share the memory of their lines with each other.
    v1::RecordPurchasesRequest lines;
    const v1::PurchaseLine line = PurchaseOf(CustomerOf("c"), "r").lines(0);
    for (int i = 0; i < 1000; ++i) {
      v1::PurchaseLine* added = lines.mutable_purchase()->add_lines();
      *added = line;
      added->set_product_id(absl::StrCat("a product with an id of some length ", i));
      added->set_category("a category with a name of some length");
    }
    lines_ = grpc::Slice(lines.SerializeAsString());
  }

  v1::Purchase Head(int stream, int number) {
    v1::Purchase head = PurchaseOf(CustomerOf(absl::StrCat("customer-", stream)), absl::StrCat("r", number));
    head.clear_lines();
    return head;
  }

  // Sends all receipts of a stream and counts what is acknowledged.
  void RunStream(int stream) {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> call(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
            channels_[stream % kChannels].get(),
            grpc::internal::RpcMethod("/nbo.v1.EventService/RecordPurchases",
                                      grpc::internal::RpcMethod::BIDI_STREAMING),
            &context));
    std::thread reader([&] {
      for (grpc::ByteBuffer bytes; call->Read(&bytes);) {
        grpc::Slice slice;
        v1::RecordPurchasesResponse response;
        ASSERT_TRUE(bytes.DumpToSingleSlice(&slice).ok());
        ASSERT_TRUE(response.ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
        acknowledged_ += response.accepted_count();
      }
    });
    for (int i = 0; i < kReceipts; ++i) {
      v1::RecordPurchasesRequest head;
      *head.mutable_purchase() = Head(stream, i);
      const grpc::Slice slices[] = {grpc::Slice(head.SerializeAsString()), lines_};
      if (!call->Write(grpc::ByteBuffer(slices, 2))) break;
    }
    call->WritesDone();
    reader.join();
    const grpc::Status status = call->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  // Returns when the streams have stopped reading, as far as can be seen from outside.
  void AwaitStandstill() {
    for (size_t before = 0; budget().used() < kLimitBytes / 2 || budget().used() != before;) {
      before = budget().used();
      absl::SleepFor(absl::Milliseconds(500));
    }
  }
  MemoryBudget& budget() { return pipeline_.budget(); }

  FlakyStore store_;
  FakeClock clock_;
  Metrics metrics_;
  std::unique_ptr<PurchaseStreams> streams_;  // outlives the pipeline, which calls it
  IngestPipeline pipeline_{{.writers = 2, .max_queue_bytes = kLimitBytes}, &store_, &metrics_};
  EventHandler handler_{&pipeline_, &clock_, {absl::UTCTimeZone(), absl::Hours(24)}, &metrics_};
  std::unique_ptr<ServedMethods> served_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  grpc::Slice lines_;
  std::atomic<int64_t> acknowledged_{0};
};

TEST_F(BoundedMemoryTest, StreamsStopReadingWhileTheStoreStandsStillAndGoOnAfterwards) {
  store_.CloseGate();
  const int64_t resident = ResidentBytes();
  std::vector<std::thread> threads;
  for (int i = 0; i < kStreams; ++i) threads.emplace_back([this, i] { RunStream(i); });
  AwaitStandstill();

  v1::RecordPurchasesRequest whole;
  ASSERT_TRUE(whole.ParseFromArray(lines_.begin(), static_cast<int>(lines_.size())));
  v1::Purchase purchase = Head(0, 0);
  purchase.MergeFrom(whole.purchase());
  const auto receipt = ToReceipt(purchase, clock_.Now(), {absl::UTCTimeZone(), absl::Hours(24)});
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  const size_t one = MemoryBytes(*receipt) + 1024;
  ASSERT_GT(kStreams * kReceipts * one, 8 * kLimitBytes) << "far more is offered than may be taken";
  EXPECT_LE(budget().used(), kLimitBytes / 4 * 3 + kStreams * one);
  EXPECT_GE(budget().used(), kLimitBytes / 4 * 3);
  EXPECT_EQ(acknowledged_, 0);

  const int64_t grown = ResidentBytes() - resident;
  std::printf(
      "%d streams offered %zu MiB of receipts: %zu MiB waiting, resident memory (with the clients) grew by %lld"
      " MiB\n",
      kStreams, kStreams * kReceipts * one >> 20, budget().used() >> 20, static_cast<long long>(grown >> 20));
#ifndef ABSL_HAVE_ADDRESS_SANITIZER  // it keeps freed memory for a while
  EXPECT_LT(grown, int64_t{3 * kLimitBytes});
#endif

  // The last quarter is for single calls.
  grpc::ClientContext context;
  v1::RecordPurchaseRequest request;
  *request.mutable_purchase() = PurchaseOf(CustomerOf("anna"), "1");
  v1::RecordPurchaseResponse response;
  std::thread single([&] {
    const grpc::Status status = v1::EventService::NewStub(channels_[0])->RecordPurchase(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  });

  store_.OpenGate();
  for (std::thread& thread : threads) thread.join();
  single.join();
  EXPECT_EQ(acknowledged_, kStreams * kReceipts) << "none lost, none held up for ever";
  while (budget().used() > 0) absl::SleepFor(absl::Milliseconds(1));
}

}  // namespace
}  // namespace nbo::server
