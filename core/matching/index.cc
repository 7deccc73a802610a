#include "core/matching/index.h"

#include <algorithm>

#include "core/rules/compare.h"

namespace nbo::matching {
namespace {

// A vector that keeps its memory between the requests of a thread.
template <typename T>
class Kept {
 public:
  static std::vector<T> Take() { return std::move(Spare()); }
  static void GiveBack(std::vector<T> vector) { Spare() = std::move(vector); }

 private:
  static std::vector<T>& Spare() {
    static thread_local std::vector<T> spare;
    return spare;
  }
};

rules::Value Test(const rules::Value& number, const Term& term) {
  if (number.is_error()) return number;
  const auto against = [&term](auto value) {
    return term.constant.kind() == rules::Kind::kInt ? rules::Compare(value, term.constant.int_value())
                                                     : rules::Compare(value, term.constant.double_value());
  };
  const rules::Ordering ordering =
      number.kind() == rules::Kind::kInt ? against(number.int_value()) : against(number.double_value());
  return rules::Value::Bool((ordering & term.orderings) != 0);
}

}  // namespace

void Index::Add(int32_t document, absl::Span<const TermId> terms) {
  Entry entry{{document, {}}, static_cast<int32_t>(terms_.size()), 0};
  std::fill(std::begin(entry.posting.terms), std::end(entry.posting.terms), kAlwaysTrue);
  std::copy_n(terms.begin(), std::min<size_t>(kFiltered, terms.size()), entry.posting.terms);
  terms_.insert(terms_.end(), terms.begin(), terms.end());
  entry.end = static_cast<int32_t>(terms_.size());
  entries_.push_back(entry);
  words_ = std::max<size_t>(words_, document / 64 + 1);
}

void Index::Finish(const TermTable& table) {
  std::vector<std::pair<AccessKey, const Entry*>> pairs;
  for (const Entry& entry : entries_) {
    const std::vector<AccessKey>* best = nullptr;
    double chance = 1;
    for (int32_t i = entry.begin; i < entry.end; ++i) {
      const std::vector<AccessKey>& keys = table.KeysOf(terms_[i]);
      const double own = table.ChanceOf(terms_[i]);
      if (keys.empty() || (best != nullptr && own >= chance)) continue;
      best = &keys;
      chance = own;
    }
    if (best == nullptr) {
      always_.push_back(entry.posting);
    } else {
      for (const AccessKey key : *best) pairs.push_back({key, &entry});
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  for (const auto& [key, entry] : pairs) {
    const auto at = static_cast<int32_t>(postings_.size());
    lists_.try_emplace(key, at, at).first->second.second = at + 1;
    postings_.push_back(entry->posting);
  }
  entries_ = {};
  terms_ = {};
}

std::vector<uint64_t> Index::Mark(absl::Span<const AccessKey> keys, Truths* truths) const {
  std::vector<uint64_t> marks = Kept<uint64_t>::Take();
  marks.assign(words_, 0);
  MarkTrue(always_, truths, &marks);
  for (const AccessKey key : keys) {
    const auto list = lists_.find(key);
    if (list == lists_.end()) continue;
    const auto [begin, end] = list->second;
    MarkTrue(absl::MakeSpan(postings_).subspan(begin, end - begin), truths, &marks);
  }
  return marks;
}

void Index::MarkTrue(absl::Span<const Posting> postings, Truths* truths, std::vector<uint64_t>* marks) {
  for (const Posting& posting : postings) {
    const uint64_t bit = truths->AllTrue(posting.terms) ? 1 : 0;
    (*marks)[posting.document / 64] |= bit << (posting.document % 64);
  }
}

size_t Index::CountLookedAt(absl::Span<const AccessKey> keys) const {
  size_t count = always_.size();
  for (const AccessKey key : keys) {
    const auto list = lists_.find(key);
    if (list != lists_.end()) count += list->second.second - list->second.first;
  }
  return count;
}

void Index::GiveBack(std::vector<uint64_t> marks) { Kept<uint64_t>::GiveBack(std::move(marks)); }

std::vector<AccessKey> FindKeys(const TermTable& table, const rules::Activation& activation) {
  std::vector<AccessKey> keys;
  for (const int slot : table.text_slots()) {
    const rules::Value& value = activation.slots[slot];
    if (value.kind() == rules::Kind::kString) keys.push_back(KeyOfText(slot, false, value.string_value()));
  }
  for (const int slot : table.list_slots()) {
    const rules::Value& value = activation.slots[slot];
    if (value.kind() != rules::Kind::kList) continue;
    for (const rules::Value& text : value.list()) keys.push_back(KeyOfText(slot, true, text.string_value()));
  }
  for (const int family : table.families()) {
    activation.ForEachKey(family, [&](uint64_t key) { keys.push_back(KeyOfFact(family, key)); });
  }
  // The same text twice in a basket is one key.
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Truths::Truths(const TermTable& table, const rules::Activation& activation)
    : table_(table), activation_(activation), memo_(Kept<uint8_t>::Take()), numbers_(Kept<rules::Value>::Take()) {
  memo_.assign(table.size(), kUnknown);
  memo_[kAlwaysTrue] = kTrue;
  numbers_.assign(table.number_count(), rules::Value::Null());
}

Truths::~Truths() {
  Kept<uint8_t>::GiveBack(std::move(memo_));
  Kept<rules::Value>::GiveBack(std::move(numbers_));
}

const rules::Value& Truths::NumberOf(NumberId id) {
  rules::Value& value = numbers_[id];
  if (value.is_null()) value = table_.NumberOf(id).Evaluate(activation_);
  return value;
}

Truths::Truth Truths::FindOut(TermId id) {
  const Term& term = table_[id];
  Truth truth;
  if (term.kind == rules::Condition::Kind::kAtom) {
    const rules::Value value =
        term.orderings != 0 ? Test(NumberOf(term.begin), term) : term.atom->Evaluate(activation_);
    truth = value.is_error() ? kError : value.is_true() ? kTrue : kFalse;
  } else if (term.kind == rules::Condition::Kind::kNot) {
    const Truth inner = Of(table_.ChildrenOf(term)[0]);
    truth = inner == kError ? kError : inner == kTrue ? kFalse : kTrue;
  } else {
    truth = OfJunction(term);
  }
  if (!term.varies) memo_[id] = truth;
  return truth;
}

Truths::Truth Truths::OfJunction(const Term& term) {
  const bool is_or = term.kind == rules::Condition::Kind::kOr;
  const Truth deciding = is_or ? kTrue : kFalse;
  Truth truth = is_or ? kFalse : kTrue;
  for (const TermId child : table_.ChildrenOf(term)) {
    const Truth own = Of(child);
    if (own == deciding) return own;
    if (own == kError) truth = kError;
  }
  return truth;
}

}  // namespace nbo::matching
