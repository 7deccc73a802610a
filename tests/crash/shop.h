// Tills and apps of one running server: they ask for offers and tell what became of them.
//
// Their customers are their own: no merge and no receipt of the other clients concerns them, so that the caps of each
// can be counted in the log.
#ifndef NBO_TESTS_CRASH_SHOP_H_
#define NBO_TESTS_CRASH_SHOP_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "nbo/v1/decision_service.grpc.pb.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "tests/crash/shop_record.h"

namespace nbo::crash {

// Begins the id of each customer of the shop.
inline constexpr char kShopper[] = "shopper";

// The catalog to be served: caps, budgets in count and money, a channel whose answers count as presented at once. The
// audit (shop_audit.h) knows its numbers.
std::string ShopCatalog();

class Shop {
 public:
  // `round` chooses the customers: those of nearby rounds overlap. With `only_unsettled` nothing new is asked.
  Shop(int port, uint64_t seed, int round, bool only_unsettled, ShopRecord* record);
  ~Shop() { Join(); }

  // Until now a call that fails is a complaint. Nothing new is begun from now on.
  void ExpectDeath() { dying_ = true; }
  // Waits until the server is gone, or nothing is unsettled if only that is asked.
  void Join();

  // What must not happen while the server lives.
  std::vector<std::string> complaints() const;

 private:
  struct Till;
  void Run(int number);
  // False if the server is gone.
  bool Step(Till* till);
  bool Serve(Till* till);
  bool Ask(const v1::GetOffersRequest& request, Till* till, v1::GetOffersResponse* response);
  bool Tell(const v1::Outcome& outcome, Till* till);
  bool TellStory(const v1::GetOffersRequest& request, const v1::GetOffersResponse& response, Till* till);
  bool Introduce(const std::string& customer_id, Till* till);
  void Complain(const std::string& what, const grpc::Status& status);

  const int port_;
  const uint64_t seed_;
  const int round_;
  const bool only_unsettled_;
  ShopRecord* const record_;
  std::atomic<bool> dying_{false};
  mutable absl::Mutex mutex_;
  std::vector<std::string> complaints_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_SHOP_H_
