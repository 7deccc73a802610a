#include "core/matching/terms.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"

namespace nbo::matching {
namespace {

using rules::Condition;

// More than this many keys and the term is hardly a way in.
constexpr size_t kMostKeys = 64;

uint64_t Mix(uint64_t kind, uint64_t a, uint64_t b) {
  const uint64_t words[] = {kind, a, b};
  return Hash64(absl::string_view(reinterpret_cast<const char*>(words), sizeof(words)));
}

// A request in which no family has any fact.
class NoFacts : public rules::Activation {
 public:
  explicit NoFacts(const rules::Environment& environment) : environment_(environment) {}
  rules::Value Fact(int family, uint64_t, int field) const override { return environment_.AbsentFact(family, field); }
  void ForEachKey(int, absl::FunctionRef<void(uint64_t)>) const override {}

 private:
  const rules::Environment& environment_;
};

void AddOnce(int value, std::vector<int>* to) {
  if (std::find(to->begin(), to->end(), value) == to->end()) to->push_back(value);
}

}  // namespace

AccessKey KeyOfText(int slot, bool contains, absl::string_view text) {
  return Mix(contains ? 2 : 1, static_cast<uint64_t>(slot), Hash64(text));
}

AccessKey KeyOfFact(int family, uint64_t key) { return Mix(3, static_cast<uint64_t>(family), key); }

std::vector<TermId> TermTable::Add(const Condition& condition) {
  const Condition::Part& root = condition.parts()[condition.root()];
  std::vector<TermId> terms;
  const auto add = [&](int part) {
    const bool atom = condition.parts()[part].kind == Condition::Kind::kAtom;
    if (atom && condition.ConstantOf(part) == true) return;
    const TermId term = AddPart(condition, part);
    if (std::find(terms.begin(), terms.end(), term) == terms.end()) terms.push_back(term);
  };
  if (root.kind == Condition::Kind::kAnd) {
    for (const int child : root.children) add(child);
  } else {
    add(condition.root());
  }
  return terms;
}

void TermTable::Finish() { known_ = {}; }

TermId TermTable::AddPart(const Condition& condition, int part) {
  const Condition::Part& p = condition.parts()[part];
  if (p.kind == Condition::Kind::kAtom) return AddAtom(condition, part);
  std::vector<TermId> children;
  for (const int child : p.children) children.push_back(AddPart(condition, child));
  // In any order it is the same.
  std::sort(children.begin(), children.end());
  children.erase(std::unique(children.begin(), children.end()), children.end());
  std::string identity(1, static_cast<char>(p.kind));
  for (const TermId child : children) absl::StrAppend(&identity, child, ",");
  if (const auto known = known_.find(identity); known != known_.end()) return known->second;

  Term term;
  term.kind = p.kind;
  term.begin = static_cast<int32_t>(children_.size());
  children_.insert(children_.end(), children.begin(), children.end());
  term.end = static_cast<int32_t>(children_.size());
  for (const TermId child : children) term.varies |= terms_[child].varies;
  term.keys = KeysOfJunction(term);
  return Intern(std::move(identity), std::move(term));
}

TermId TermTable::AddAtom(const Condition& condition, int part) {
  std::string identity = absl::StrCat("a", condition.KeyOf(part));
  if (const auto known = known_.find(identity); known != known_.end()) return known->second;
  Term term;
  term.atom = condition.ExpressionOf(part);
  const rules::Dependencies named = condition.DependenciesOf(part);
  for (const int slot : named.slots) term.varies |= varies_(slot);
  term.keys = KeysOfAtom(condition, part, term, named);
  return Intern(std::move(identity), std::move(term));
}

std::vector<AccessKey> TermTable::KeysOfAtom(const Condition& condition, int part, const Term& term,
                                             const rules::Dependencies& named) {
  std::vector<AccessKey> keys;
  if (const auto test = condition.TextTestOf(part); test && test->values.size() <= kMostKeys && !varies_(test->slot)) {
    for (const std::string& value : test->values) {
      keys.push_back(NoteKey(KeyOfText(test->slot, test->contains, value), test->slot, test->contains ? 3 : 1));
    }
    AddOnce(test->slot, test->contains ? &list_slots_ : &text_slots_);
    return keys;
  }
  // If it is not true where no fact is there, one of those it names must be.
  if (!named.slots.empty() || named.facts.empty() || term.atom->Evaluate(NoFacts(*environment_)).is_true()) {
    return keys;
  }
  for (const rules::FactName& fact : named.facts) {
    keys.push_back(NoteKey(KeyOfFact(fact.family, fact.key), -1 - fact.family, 20));
    AddOnce(fact.family, &families_);
  }
  return keys;
}

std::vector<AccessKey> TermTable::KeysOfJunction(const Term& term) const {
  std::vector<AccessKey> keys;
  if (term.kind == Condition::Kind::kNot) return keys;
  if (term.kind == Condition::Kind::kAnd) {  // the narrowest way in is enough
    for (const TermId child : ChildrenOf(term)) {
      const std::vector<AccessKey>& own = terms_[child].keys;
      if (!own.empty() && (keys.empty() || own.size() < keys.size())) keys = own;
    }
    return keys;
  }
  for (const TermId child : ChildrenOf(term)) {
    const std::vector<AccessKey>& own = terms_[child].keys;
    if (own.empty() || keys.size() + own.size() > kMostKeys) return {};
    keys.insert(keys.end(), own.begin(), own.end());
  }
  return keys;
}

AccessKey TermTable::NoteKey(AccessKey key, int source, double expected) {
  Source& from = sources_[source];
  from.expected = expected;
  if (source_of_key_.emplace(key, source).second) ++from.keys;
  return key;
}

double TermTable::ChanceOf(const Term& term) const {
  if (term.keys.empty()) return 1;
  double chance = 0;
  for (const AccessKey key : term.keys) {
    const Source& source = sources_.at(source_of_key_.at(key));
    chance += source.expected / (source.keys + 1);  // one more for "something else"
  }
  return std::min(chance, 1.0);
}

TermId TermTable::Intern(std::string identity, Term term) {
  const auto id = static_cast<TermId>(terms_.size());
  terms_.push_back(std::move(term));
  known_.emplace(std::move(identity), id);
  return id;
}

}  // namespace nbo::matching
