#include "tests/crash/shop_record.h"

#include "absl/strings/str_cat.h"

namespace nbo::crash {
namespace {

constexpr size_t kNewest = 20;
constexpr size_t kMistakesTold = 20;

template <typename T>
void KeepNewest(const T& value, std::deque<T>* row) {
  row->push_back(value);
  if (row->size() > kNewest) row->pop_front();
}

template <typename T>
std::optional<T> TakeFirst(std::deque<T>* row) {
  if (row->empty()) return std::nullopt;
  T first = std::move(row->front());
  row->pop_front();
  return first;
}

}  // namespace

std::optional<v1::GetOffersRequest> ShopRecord::NextRequest() {
  absl::MutexLock lock(&mutex_);
  return TakeFirst(&requests_);
}

std::optional<v1::Outcome> ShopRecord::NextOutcome() {
  absl::MutexLock lock(&mutex_);
  return TakeFirst(&outcomes_);
}

void ShopRecord::ProbeNewest() {
  absl::MutexLock lock(&mutex_);
  requests_.insert(requests_.end(), newest_requests_.begin(), newest_requests_.end());
  outcomes_.insert(outcomes_.end(), newest_outcomes_.begin(), newest_outcomes_.end());
}

bool ShopRecord::IsIntroduced(const std::string& customer_id) const {
  absl::MutexLock lock(&mutex_);
  return introduced_.contains(customer_id);
}

void ShopRecord::Introduced(const std::string& customer_id) {
  absl::MutexLock lock(&mutex_);
  introduced_.insert(customer_id);
}

void ShopRecord::Asked(const v1::GetOffersRequest& request) {
  absl::MutexLock lock(&mutex_);
  request_ids_.insert(request.request_id());
}

void ShopRecord::Answered(const v1::GetOffersRequest& request, const v1::GetOffersResponse& response) {
  Heard heard{request.request_id(), response.decision_id(), {}, {}};
  for (const v1::RankedOffer& offer : response.offers()) {
    heard.tokens.push_back(offer.attribution_token());
    heard.offer_ids.push_back(offer.offer_id());
  }
  absl::MutexLock lock(&mutex_);
  heard_.push_back(std::move(heard));
  KeepNewest(request, &newest_requests_);
}

void ShopRecord::Unanswered(const v1::GetOffersRequest& request) {
  absl::MutexLock lock(&mutex_);
  requests_.push_front(request);
}

void ShopRecord::Telling(const v1::Outcome& outcome) {
  absl::MutexLock lock(&mutex_);
  sent_.insert(KeyOf(outcome));
}

void ShopRecord::Told(const v1::Outcome& outcome, v1::OutcomeResult result) {
  const ToldKey key = KeyOf(outcome);
  absl::MutexLock lock(&mutex_);
  const bool perhaps_known = unanswered_.erase(key) > 0;
  const bool known = !acknowledged_.insert(key).second;
  KeepNewest(outcome, &newest_outcomes_);
  const bool right = known           ? result == v1::OUTCOME_RESULT_DUPLICATE
                     : perhaps_known ? result != v1::OUTCOME_RESULT_ERASED
                                     : result == v1::OUTCOME_RESULT_ACCEPTED;
  if (right || mistakes_.size() >= kMistakesTold) return;
  mistakes_.push_back(absl::StrCat(v1::OutcomeKind_Name(key.second), " of ", key.first,
                                   known           ? ", acknowledged before: "
                                   : perhaps_known ? ", never answered before: "
                                                   : ", told for the first time: ",
                                   v1::OutcomeResult_Name(result)));
}

void ShopRecord::Untold(const v1::Outcome& outcome) {
  absl::MutexLock lock(&mutex_);
  if (!acknowledged_.contains(KeyOf(outcome))) unanswered_.insert(KeyOf(outcome));
  outcomes_.push_front(outcome);
}

std::vector<Heard> ShopRecord::heard() const {
  absl::MutexLock lock(&mutex_);
  return heard_;
}

std::set<ToldKey> ShopRecord::acknowledged() const {
  absl::MutexLock lock(&mutex_);
  return acknowledged_;
}

std::set<ToldKey> ShopRecord::sent() const {
  absl::MutexLock lock(&mutex_);
  return sent_;
}

std::set<std::string> ShopRecord::request_ids() const {
  absl::MutexLock lock(&mutex_);
  return request_ids_;
}

std::vector<std::string> ShopRecord::mistakes() const {
  absl::MutexLock lock(&mutex_);
  return mistakes_;
}

}  // namespace nbo::crash
