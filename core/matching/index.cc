#include "core/matching/index.h"

#include <algorithm>

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

}  // namespace

void Index::Add(int32_t document, absl::Span<const TermId> terms) {
  const auto begin = static_cast<int32_t>(terms_.size());
  terms_.insert(terms_.end(), terms.begin(), terms.end());
  entries_.push_back({document, begin, static_cast<int32_t>(terms_.size())});
}

void Index::Finish(const TermTable& table) {
  std::vector<std::pair<AccessKey, int32_t>> pairs;
  for (const Entry& entry : entries_) {
    const Term* best = nullptr;
    double chance = 1;
    for (int32_t i = entry.begin; i < entry.end; ++i) {
      const Term& term = table[terms_[i]];
      const double own = table.ChanceOf(term);
      if (term.keys.empty() || (best != nullptr && own >= chance)) continue;
      best = &term;
      chance = own;
    }
    always_.resize(std::max<size_t>(always_.size(), entry.document / 64 + 1));
    if (best == nullptr) {
      always_[entry.document / 64] |= uint64_t{1} << (entry.document % 64);
      ++always_count_;
    } else {
      for (const AccessKey key : best->keys) pairs.push_back({key, entry.document});
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  for (const auto& [key, document] : pairs) {
    const auto at = static_cast<int32_t>(postings_.size());
    lists_.try_emplace(key, at, at).first->second.second = at + 1;
    postings_.push_back(document);
  }
  entries_ = {};
  terms_ = {};
}

std::vector<uint64_t> Index::Mark(absl::Span<const AccessKey> keys) const {
  std::vector<uint64_t> marks = Kept<uint64_t>::Take();
  marks = always_;
  for (const AccessKey key : keys) {
    const auto list = lists_.find(key);
    if (list == lists_.end()) continue;
    for (int32_t i = list->second.first; i < list->second.second; ++i) {
      marks[postings_[i] / 64] |= uint64_t{1} << (postings_[i] % 64);
    }
  }
  return marks;
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
    : table_(table), activation_(activation), memo_(Kept<uint8_t>::Take()) {
  memo_.assign(table.size(), kUnknown);
}

Truths::~Truths() { Kept<uint8_t>::GiveBack(std::move(memo_)); }

Truths::Truth Truths::FindOut(TermId id) {
  const Term& term = table_[id];
  Truth truth;
  if (term.kind == rules::Condition::Kind::kAtom) {
    const rules::Value value = term.atom->Evaluate(activation_);
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
