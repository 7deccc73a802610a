#include "core/catalog/vocabulary.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/catalog/words.h"

namespace nbo {
namespace {

using rules::Environment;

// What the author reads: the meaning and the unit.
std::string DocOf(const std::string& doc, const std::string& unit) {
  return unit.empty() ? doc : absl::StrCat(doc, "; ", unit);
}

void DeclareWords(int begin, int end, Environment* environment) {
  for (int slot = begin; slot < end; ++slot) {
    const Word& word = Words()[static_cast<size_t>(slot)];
    environment->AddVariable({word.name, word.type, word.optional, DocOf(word.doc, word.unit), word.max_size});
  }
}

void DeclareFamilies(Environment* environment) {
  for (const WordFamily& family : WordFamilies()) {
    std::vector<rules::FamilyField> fields;
    for (const FamilyWord& field : family.fields) {
      fields.push_back({field.name, field.type, field.optional, DocOf(field.doc, field.unit)});
    }
    environment->AddFamily({family.name, family.doc, std::move(fields), family.key_of});
  }
}

Environment* Declare(int end) {
  auto* environment = new Environment;
  environment->AddClass(BasketLineClass());
  DeclareWords(0, end, environment);
  DeclareFamilies(environment);
  return environment;
}

}  // namespace

const std::vector<Word>& Words() {
  static const auto* const words = [] {
    auto* all = new std::vector<Word>;
    AppendCustomerWords(all);
    AppendRequestWords(all);
    AppendOfferWords(all);
    return all;
  }();
  return *words;
}

const std::vector<WordFamily>& WordFamilies() {
  static const auto* const families = [] {
    auto* all = new std::vector<WordFamily>;
    AppendFamilies(all);
    return all;
  }();
  return *families;
}

const Environment& CustomerVocabulary() {
  static const Environment* const environment = Declare(Slot::kCustomerCount);
  return *environment;
}

const Environment& FullVocabulary() {
  static const Environment* const environment = Declare(Slot::kCount);
  return *environment;
}

WordSet WordSet::All() {
  WordSet all;
  for (int slot = 0; slot < Slot::kCount; ++slot) all.Add(slot);
  return all;
}

void WordSet::AddNamed(const rules::Expression& expression) {
  for (int slot = 0; slot < Slot::kCount; ++slot) {
    if (expression.Names(slot)) Add(slot);
  }
}

void WordSet::AddNamed(const rules::Condition& condition) {
  for (size_t part = 0; part < condition.parts().size(); ++part) {
    if (condition.parts()[part].kind != rules::Condition::Kind::kAtom) continue;
    for (const int slot : condition.DependenciesOf(static_cast<int>(part)).slots) Add(slot);
  }
}

}  // namespace nbo
