#include "core/matching/index.h"

#include <algorithm>
#include <tuple>

#include "core/rules/compare.h"

namespace nbo::matching {
namespace {

// Vectors that keep their memory, and what is in it, between the requests of a thread.
template <typename T>
class Kept {
 public:
  static std::vector<T> Take() {
    std::vector<std::vector<T>>& spares = Spares();
    if (spares.empty()) return {};
    std::vector<T> taken = std::move(spares.back());
    spares.pop_back();
    return taken;
  }
  static void GiveBack(std::vector<T> vector) { Spares().push_back(std::move(vector)); }

 private:
  static std::vector<std::vector<T>>& Spares() {
    static thread_local std::vector<std::vector<T>> spares;
    return spares;
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

bool Holds(absl::Span<const rules::Value> texts, absl::string_view text) {
  return std::any_of(texts.begin(), texts.end(), [text](const rules::Value& value) {
    return value.kind() == rules::Kind::kString && value.string_value() == text;
  });
}

void SetBit(int32_t document, std::vector<uint64_t>* bits) { (*bits)[document / 64] |= uint64_t{1} << (document % 64); }

// A term is shared if at least one document in so many has it: asking each of them costs more than striking out all.
constexpr size_t kShareOfSharing = 128;
constexpr size_t kFewestSharing = 4;

}  // namespace

void Index::Add(int32_t document, absl::Span<const TermId> terms) {
  entries_.push_back(
      {document, static_cast<int32_t>(terms_.size()), static_cast<int32_t>(terms_.size() + terms.size())});
  terms_.insert(terms_.end(), terms.begin(), terms.end());
  if (all_.size() <= static_cast<size_t>(document) / 64) all_.resize(document / 64 + 1);
  SetBit(document, &all_);
}

void Index::ChooseShared() {
  absl::flat_hash_map<TermId, size_t> uses;
  for (const TermId term : terms_) ++uses[term];
  const size_t enough = std::max(kFewestSharing, entries_.size() / kShareOfSharing);
  for (const auto& [term, count] : uses) {
    if (count >= enough) shared_.push_back({term, std::vector<uint64_t>(all_.size())});
  }
  // In whatever order the hash gave them, the same catalog shall do the same work.
  std::sort(shared_.begin(), shared_.end(), [](const Shared& a, const Shared& b) { return a.term < b.term; });
  for (size_t i = 0; i < shared_.size(); ++i) shared_position_[shared_[i].term] = i;
}

Index::Posting Index::MakePosting(const Entry& entry) {
  Posting posting{entry.document, {kAlwaysTrue, kAlwaysTrue}, 0};
  int count = 0;
  for (int32_t i = entry.begin; i < entry.end; ++i) {
    if (const auto shared = shared_position_.find(terms_[i]); shared != shared_position_.end()) {
      SetBit(entry.document, &shared_[shared->second].documents);
    } else if (count < kTermsInPosting) {
      posting.terms[count++] = terms_[i];
    } else {
      if (posting.more == 0) posting.more = static_cast<int32_t>(more_.size());
      more_.push_back(terms_[i]);
    }
  }
  if (posting.more != 0) more_.push_back(kAlwaysTrue);
  return posting;
}

const std::vector<AccessKey>* Index::KeysFor(const Entry& entry, const TermTable& table) const {
  const std::vector<AccessKey>* best = nullptr;
  double chance = 1;
  for (int32_t i = entry.begin; i < entry.end; ++i) {
    const std::vector<AccessKey>& keys = table.KeysOf(terms_[i]);
    const double own = table.ChanceOf(terms_[i]);
    if (keys.empty() || (best != nullptr && own >= chance)) continue;
    best = &keys;
    chance = own;
  }
  return best;
}

void Index::Finish(const TermTable& table) {
  ChooseShared();
  only_shared_.resize(all_.size());
  std::vector<Posting> kept;
  std::vector<std::pair<AccessKey, size_t>> pairs;  // with the position in `kept`
  for (const Entry& entry : entries_) {
    const Posting posting = MakePosting(entry);
    if (const std::vector<AccessKey>* keys = KeysFor(entry, table); keys != nullptr) {
      for (const AccessKey key : *keys) pairs.push_back({key, kept.size()});
      kept.push_back(posting);
      continue;
    }
    ++keyless_;
    if (posting.terms[0] == kAlwaysTrue) {
      SetBit(entry.document, &only_shared_);
    } else {
      always_.push_back(posting);
    }
  }
  // Within a list, side by side what has the same terms: processors guess their truth then.
  std::sort(pairs.begin(), pairs.end(), [&kept](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    const Posting& left = kept[a.second];
    const Posting& right = kept[b.second];
    return std::tie(left.terms[0], left.terms[1], a.second) < std::tie(right.terms[0], right.terms[1], b.second);
  });
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  for (const auto& [key, position] : pairs) {
    const auto at = static_cast<int32_t>(postings_.size());
    lists_.try_emplace(key, at, at).first->second.second = at + 1;
    postings_.push_back(kept[position]);
  }
  entries_ = {};
  terms_ = {};
  shared_position_ = {};
}

std::vector<uint64_t> Index::Alive(Truths* truths) const {
  std::vector<uint64_t> alive = Kept<uint64_t>::Take();
  alive.assign(all_.begin(), all_.end());
  for (const Shared& shared : shared_) {
    if (truths->IsTrue(shared.term)) continue;
    for (size_t i = 0; i < alive.size(); ++i) alive[i] &= ~shared.documents[i];
  }
  return alive;
}

std::vector<uint64_t> Index::Match(absl::Span<const AccessKey> keys, Truths* truths) const {
  std::vector<uint64_t> alive = Alive(truths);
  std::vector<uint64_t> marks = Kept<uint64_t>::Take();
  marks.resize(alive.size());
  for (size_t i = 0; i < alive.size(); ++i) marks[i] = alive[i] & only_shared_[i];
  MarkTrue(always_, alive, truths, &marks);
  for (const AccessKey key : keys) {
    const auto list = lists_.find(key);
    if (list == lists_.end()) continue;
    const auto [begin, end] = list->second;
    MarkTrue(absl::MakeSpan(postings_).subspan(begin, end - begin), alive, truths, &marks);
  }
  Kept<uint64_t>::GiveBack(std::move(alive));
  return marks;
}

void Index::MarkTrue(absl::Span<const Posting> postings, const std::vector<uint64_t>& alive, Truths* truths,
                     std::vector<uint64_t>* marks) const {
  for (const Posting& posting : postings) {
    const size_t word = static_cast<size_t>(posting.document) / 64;
    const uint64_t bit = uint64_t{1} << (posting.document % 64);
    if ((alive[word] & bit) == 0) continue;
    if (!truths->IsTrue(posting.terms[0]) || !truths->IsTrue(posting.terms[1])) continue;
    if (posting.more == 0 || AllTrue(posting.more, truths)) (*marks)[word] |= bit;
  }
}

bool Index::AllTrue(int32_t more, Truths* truths) const {
  for (; more_[more] != kAlwaysTrue; ++more) {
    if (!truths->IsTrue(more_[more])) return false;
  }
  return true;
}

size_t Index::CountUnder(absl::Span<const AccessKey> keys) const {
  size_t count = 0;
  for (const AccessKey key : keys) {
    const auto list = lists_.find(key);
    if (list != lists_.end()) count += static_cast<size_t>(list->second.second - list->second.first);
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
  for (const int slot : table.map_slots()) {
    const rules::Value& value = activation.slots[slot];
    if (value.kind() != rules::Kind::kMap) continue;
    for (const rules::MapEntry& entry : value.map()) {
      keys.push_back(KeyOfEntry(slot, entry.key.string_value(), entry.value.string_value()));
    }
  }
  for (const int family : table.families()) {
    activation.ForEachKey(family, [&](uint64_t key) { keys.push_back(KeyOfFact(family, key)); });
  }
  // The same text twice in a basket is one key.
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Truths::Truths(const TermTable& table, const rules::Activation& activation,
               absl::FunctionRef<void(int32_t document)> prepare)
    : table_(table),
      activation_(activation),
      prepare_(prepare),
      memo_(Kept<uint8_t>::Take()),
      numbers_(Kept<rules::Value>::Take()) {
  memo_.assign(table.size() + table.number_count(), kUnknown);
  memo_[kAlwaysTrue] = kTrue;
  if (numbers_.size() < table.number_count()) numbers_.resize(table.number_count());
}

Truths::~Truths() {
  Kept<uint8_t>::GiveBack(std::move(memo_));
  Kept<rules::Value>::GiveBack(std::move(numbers_));
}

const rules::Value& Truths::NumberOf(NumberId id) {
  uint8_t& known = memo_[table_.size() + static_cast<size_t>(id)];
  if (known == kUnknown) {
    numbers_[id] = table_.NumberOf(id, activation_);
    known = kTrue;
  }
  return numbers_[id];
}

Truths::Truth Truths::FindOut(TermId id) {
  const Term& term = table_[id];
  Truth truth;
  if (term.kind == rules::Condition::Kind::kAtom) {
    truth = OfAtom(term);
  } else if (term.kind == rules::Condition::Kind::kNot) {
    const Truth inner = Of(table_.ChildrenOf(term)[0]);
    truth = inner == kError ? kError : inner == kTrue ? kFalse : kTrue;
  } else {
    truth = OfJunction(term);
  }
  memo_[id] = truth;
  return truth;
}

Truths::Truth Truths::OfAtom(const Term& term) {
  if (term.document >= 0) prepare_(term.document);
  switch (term.form) {
    case Form::kNumber: return OfValue(Test(NumberOf(term.begin), term));
    case Form::kWord: return OfValue(table_.WordOf(term, activation_));
    case Form::kText: {
      const rules::Value& text = activation_.slots[static_cast<size_t>(term.begin)];
      if (text.kind() != rules::Kind::kString) break;
      return text.string_value() == term.constant.string_value() ? kTrue : kFalse;
    }
    case Form::kTextInList: {
      const rules::Value& list = activation_.slots[static_cast<size_t>(term.begin)];
      if (list.kind() != rules::Kind::kList) break;
      return Holds(list.list(), term.constant.string_value()) ? kTrue : kFalse;
    }
    case Form::kProgram: break;
  }
  return OfValue(table_.ProgramOf(term).Evaluate(activation_));
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
