// The conditions of many documents (offers, say), with everything they have in common kept once.
//
// A document matches if all its terms are true. Terms are and, or and not over atoms, equal ones being one, however
// many documents name them; so the cost of a request grows with what there is to ask, not with who asks it. Some slots
// may differ between documents (whether an offer is in the basket); then documents for which they do not are a group,
// and what names such a slot is equal within the group.
#ifndef NBO_CORE_MATCHING_TERMS_H_
#define NBO_CORE_MATCHING_TERMS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "core/rules/condition.h"
#include "core/rules/direct_input.h"
#include "core/rules/environment.h"
#include "core/rules/expression.h"

namespace nbo::matching {

using TermId = int32_t;
inline constexpr TermId kAlwaysTrue = 0;

// What must be so for a term to be true: at least one of some keys must be found in the request. A key stands for "this
// slot is this text", "this slot's list holds this text", "this slot's map has this text under this key" or "there are
// facts under this key". Being hashes, they may be found without being so, never the other way round.
using AccessKey = uint64_t;

AccessKey KeyOfText(int slot, bool contains, absl::string_view text);
AccessKey KeyOfEntry(int slot, absl::string_view map_key, absl::string_view text);
AccessKey KeyOfFact(int family, uint64_t key);

// A number that terms compare with constants.
using NumberId = int32_t;

// How an atom is asked. Those that are one comparison are asked without their programs, which lie far away in memory.
enum class Form : uint8_t {
  kProgram,     // TermTable::ProgramOf
  kNumber,      // number `begin` compared with `constant`: true if the Ordering's bit is in `orderings`
  kWord,        // TermTable::WordOf
  kText,        // slot `begin` is the text `constant`; its program if the slot is no text
  kTextInList,  // the list in slot `begin` holds the text `constant`; its program if the slot is no list
};

struct Term {
  rules::Condition::Kind kind = rules::Condition::Kind::kAtom;
  Form form = Form::kProgram;  // of an atom
  uint8_t orderings = 0;
  int32_t document = -1;  // one of the group, if the term names a slot that varies; else -1
  int32_t begin = 0;      // children, in TermTable::children; of an atom as its form says
  int32_t end = 0;        // of an atom: its program
  rules::Value constant;
};

// Built once, immutable afterwards, shared by all threads.
class TermTable {
 public:
  // `varies` tells which slots differ between the documents of one request. `environment` is that of all conditions and
  // must outlive the table.
  TermTable(bool (*varies)(int slot), const rules::Environment* environment);

  // Adds a condition of a document; returns the terms that must all be true for it to hold, without those that always
  // are. One that never holds is a term like any other. `group` is any text that names the document's group.
  std::vector<TermId> Add(const rules::Condition& condition, int32_t document, absl::string_view group);

  // To be called when everything was added. Forgets what only ChanceOf and KeysOf need.
  void Finish();

  size_t size() const { return terms_.size(); }
  const Term& operator[](TermId id) const { return terms_[id]; }
  size_t number_count() const { return numbers_.size(); }
  // The value of a number in a request.
  rules::Value NumberOf(NumberId id, const rules::Activation& activation) const {
    const std::optional<rules::DirectInput>& direct = direct_numbers_[id];
    return direct.has_value() ? direct->Read(activation) : numbers_[id].Evaluate(activation);
  }
  // Of an atom of these forms.
  const rules::Expression& ProgramOf(const Term& atom) const { return programs_[atom.end]; }
  rules::Value WordOf(const Term& atom, const rules::Activation& activation) const {
    return words_[atom.begin].Read(activation);
  }
  absl::Span<const TermId> ChildrenOf(const Term& term) const {
    return absl::MakeSpan(children_).subspan(term.begin, term.end - term.begin);
  }

  // Keys of which a request holds at least one if the term is true; empty: it may be true without any. Before Finish.
  const std::vector<AccessKey>& KeysOf(TermId term) const { return keys_[term]; }
  // The chance, roughly, that a request holds one of a term's keys; 1 for a term without keys. Before Finish. From how
  // many different texts or facts there are keys for: somebody is in one store, three segments, and buys from twenty
  // categories.
  double ChanceOf(TermId term) const;

  // Slots whose texts, or lists or maps of texts, keys are made of; families whose facts keys are made of. Each once.
  const std::vector<int>& text_slots() const { return text_slots_; }
  const std::vector<int>& list_slots() const { return list_slots_; }
  const std::vector<int>& map_slots() const { return map_slots_; }
  const std::vector<int>& families() const { return families_; }

 private:
  struct Subject {
    int32_t document;
    absl::string_view group;
  };
  TermId AddPart(const rules::Condition& condition, int part, const Subject& subject);
  TermId AddAtom(const rules::Condition& condition, int part, const Subject& subject);
  // Sets how the atom is asked.
  void SetForm(const rules::Condition& condition, int part, bool varies, Term* term);
  NumberId AddNumber(const rules::Condition& condition, int part, const std::string& key);
  std::vector<AccessKey> KeysOfAtom(const rules::Condition& condition, int part, bool varies,
                                    const rules::Dependencies& named);
  std::vector<AccessKey> KeysOfJunction(const Term& term) const;
  TermId Intern(std::string identity, Term term, std::vector<AccessKey> keys);
  // Makes a key of the atom at hand; `expected` is how many of its kind a request holds.
  AccessKey NoteKey(AccessKey key, int source, double expected);

  bool (*varies_)(int slot);
  const rules::Environment* environment_;
  std::vector<Term> terms_;
  std::vector<TermId> children_;
  std::vector<rules::Expression> programs_;
  std::vector<rules::DirectInput> words_;
  std::vector<std::shared_ptr<const std::string>> texts_;  // that constants point into, those of copies, too
  std::vector<rules::Expression> numbers_;
  std::vector<std::optional<rules::DirectInput>> direct_numbers_;  // of those that are no more than that
  absl::flat_hash_map<std::string, TermId> known_;
  absl::flat_hash_map<std::string, NumberId> known_numbers_;
  std::vector<std::vector<AccessKey>> keys_;  // by term
  std::vector<int> text_slots_, list_slots_, map_slots_, families_;
  struct Source {  // a slot or a family
    int keys = 0;  // different ones
    double expected = 1;
  };
  absl::flat_hash_map<int, Source> sources_;
  absl::flat_hash_map<AccessKey, int> source_of_key_;
};

}  // namespace nbo::matching

#endif  // NBO_CORE_MATCHING_TERMS_H_
