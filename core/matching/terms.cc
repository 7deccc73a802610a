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

AccessKey KeyOfEntry(int slot, absl::string_view map_key, absl::string_view text) {
  return Mix(4, static_cast<uint64_t>(slot), Mix(4, Hash64(map_key), Hash64(text)));
}

AccessKey KeyOfFact(int family, uint64_t key) { return Mix(3, static_cast<uint64_t>(family), key); }

TermTable::TermTable(bool (*varies)(int slot), const rules::Environment* environment)
    : varies_(varies), environment_(environment) {
  Intern("true", Term(), {});
}

std::vector<TermId> TermTable::Add(const Condition& condition, int32_t document, absl::string_view group) {
  const Condition::Part& root = condition.parts()[condition.root()];
  std::vector<TermId> terms;
  const auto add = [&](int part) {
    const bool atom = condition.parts()[part].kind == Condition::Kind::kAtom;
    if (atom && condition.ConstantOf(part) == true) return;
    const TermId term = AddPart(condition, part, {document, group});
    if (std::find(terms.begin(), terms.end(), term) == terms.end()) terms.push_back(term);
  };
  if (root.kind == Condition::Kind::kAnd) {
    for (const int child : root.children) add(child);
  } else {
    add(condition.root());
  }
  return terms;
}

void TermTable::Finish() {
  known_ = {};
  known_numbers_ = {};
  keys_ = {};
  sources_ = {};
  source_of_key_ = {};
}

TermId TermTable::AddPart(const Condition& condition, int part, const Subject& subject) {
  const Condition::Part& p = condition.parts()[part];
  if (p.kind == Condition::Kind::kAtom) return AddAtom(condition, part, subject);
  std::vector<TermId> children;
  for (const int child : p.children) children.push_back(AddPart(condition, child, subject));
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
  for (const TermId child : children) term.document = std::max(term.document, terms_[child].document);
  std::vector<AccessKey> keys = KeysOfJunction(term);
  return Intern(std::move(identity), std::move(term), std::move(keys));
}

TermId TermTable::AddAtom(const Condition& condition, int part, const Subject& subject) {
  std::string identity = absl::StrCat("a", condition.KeyOf(part));
  const rules::Dependencies named = condition.DependenciesOf(part);
  const bool varies = std::any_of(named.slots.begin(), named.slots.end(), varies_);
  if (varies) absl::StrAppend(&identity, " of ", subject.group);
  if (const auto known = known_.find(identity); known != known_.end()) return known->second;
  Term term;
  if (varies) term.document = subject.document;
  std::vector<AccessKey> keys = KeysOfAtom(condition, part, varies, named);
  SetForm(condition, part, varies, &term);
  return Intern(std::move(identity), std::move(term), std::move(keys));
}

void TermTable::SetForm(const Condition& condition, int part, bool varies, Term* term) {
  if (const auto test = condition.NumberTestOf(part); test.has_value() && !varies) {
    term->form = Form::kNumber;
    term->orderings = test->orderings;
    term->constant = test->constant;
    term->begin = AddNumber(condition, part, test->left_key);
    return;
  }
  term->end = static_cast<int32_t>(programs_.size());
  programs_.push_back(condition.ExpressionOf(part));
  if (const auto word = rules::DirectInput::Of(programs_.back())) {
    term->form = Form::kWord;
    term->begin = static_cast<int32_t>(words_.size());
    words_.push_back(*word);
    return;
  }
  const auto test = condition.TextTestOf(part);
  if (!test || test->values.size() != 1 || test->in == rules::TextTest::In::kMap) return;
  term->form = test->in == rules::TextTest::In::kList ? Form::kTextInList : Form::kText;
  term->begin = test->slot;
  texts_.push_back(std::make_shared<const std::string>(test->values.front()));
  term->constant = rules::Value::String(*texts_.back());
}

NumberId TermTable::AddNumber(const Condition& condition, int part, const std::string& key) {
  const auto [known, is_new] = known_numbers_.emplace(key, static_cast<NumberId>(numbers_.size()));
  if (is_new) {
    numbers_.push_back(condition.LeftOf(part));
    direct_numbers_.push_back(rules::DirectInput::Of(numbers_.back()));
  }
  return known->second;
}

std::vector<AccessKey> TermTable::KeysOfAtom(const Condition& condition, int part, bool varies,
                                             const rules::Dependencies& named) {
  std::vector<AccessKey> keys;
  if (const auto test = condition.TextTestOf(part); test && test->values.size() <= kMostKeys && !varies) {
    const rules::TextTest::In in = test->in;
    for (const std::string& value : test->values) {
      const AccessKey key = in == rules::TextTest::In::kMap
                                ? KeyOfEntry(test->slot, test->map_key, value)
                                : KeyOfText(test->slot, in == rules::TextTest::In::kList, value);
      keys.push_back(NoteKey(key, test->slot, in == rules::TextTest::In::kText ? 1 : 3));
    }
    AddOnce(test->slot, in == rules::TextTest::In::kMap    ? &map_slots_
                        : in == rules::TextTest::In::kList ? &list_slots_
                                                           : &text_slots_);
    return keys;
  }
  // If it is not true where no fact is there, one of those it names must be.
  if (!named.slots.empty() || named.facts.empty()) return keys;
  if (condition.ExpressionOf(part).Evaluate(NoFacts(*environment_)).is_true()) return keys;
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
      const std::vector<AccessKey>& own = keys_[child];
      if (!own.empty() && (keys.empty() || own.size() < keys.size())) keys = own;
    }
    return keys;
  }
  for (const TermId child : ChildrenOf(term)) {
    const std::vector<AccessKey>& own = keys_[child];
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

double TermTable::ChanceOf(TermId term) const {
  if (keys_[term].empty()) return 1;
  double chance = 0;
  for (const AccessKey key : keys_[term]) {
    const Source& source = sources_.at(source_of_key_.at(key));
    chance += source.expected / (source.keys + 1);  // one more for "something else"
  }
  return std::min(chance, 1.0);
}

TermId TermTable::Intern(std::string identity, Term term, std::vector<AccessKey> keys) {
  const auto id = static_cast<TermId>(terms_.size());
  terms_.push_back(std::move(term));
  keys_.push_back(std::move(keys));
  known_.emplace(std::move(identity), id);
  return id;
}

}  // namespace nbo::matching
