// The parts of CompileCatalog, shared by its source files only. A new section of the catalog gets a source file of its
// own with one function here.
#ifndef NBO_CORE_CATALOG_COMPILE_INTERNAL_H_
#define NBO_CORE_CATALOG_COMPILE_INTERNAL_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "core/catalog/compile.h"

namespace nbo {

// Ids of one kind that were met, with the place of each.
using SeenIds = absl::flat_hash_map<std::string, Place>;

// Reads fields and collects mistakes: each reader returns a usable value in any case and goes on. `field` is the path
// of the field ("offers.window.from"), with which the message begins. What was not given is passed over: it was told.
// The functions that read sections take one as `read`.
class FieldReader {
 public:
  explicit FieldReader(const CompileOptions& options) : window_shift_days_(options.window_shift_days) {}

  void Mistake(Place place, std::string message) { mistakes.push_back({place, 0, "", std::move(message)}); }
  // Mistakes inside a text, each at its offset.
  void AddMistakes(absl::string_view field, const Text& text, const std::vector<rules::Mistake>& found);

  // At most `max_chars` code points of UTF-8.
  void Chars(absl::string_view field, const Text& text, size_t max_chars);
  // The same; returns the text, "" if absent.
  std::string OptionalChars(absl::string_view field, const std::optional<Text>& text, size_t max_chars);
  // An id of a-z, 0-9, '-', '_' and '.'.
  std::string Slug(absl::string_view field, const Text& text);
  // A language tag.
  std::string Locale(absl::string_view field, const Text& text);
  // A finite number of low..high; 0 if it is none.
  double Number(absl::string_view field, const Text& text, double low, double high);
  // A whole number of low..high; `low` if it is none.
  int64_t Whole(absl::string_view field, const Text& text, int64_t low, int64_t high);
  // "POS", ...; nullopt if it is none.
  std::optional<Channel> ChannelNamed(absl::string_view field, const Text& text);
  // An expression of that type; the words it names are added to `words`.
  std::optional<rules::Expression> Rule(absl::string_view field, const Text& text,
                                        const rules::Environment& environment, rules::Type type);
  // YYYY-MM-DD, moved by the shift of windows; `fallback` if it is no date.
  Day CivilDate(absl::string_view field, const Text& text, Day fallback);
  // The same, not moved.
  Day UnmovedDate(absl::string_view field, const Text& text, Day fallback);
  // true or false.
  bool Bool(absl::string_view field, const Text& text);
  // Ids of the host's, of any characters.
  std::vector<std::string> Ids(absl::string_view field, const std::vector<Text>& texts, size_t max_count);
  void CheckUnique(absl::string_view what, const Text& id, SeenIds* seen);

  std::vector<CatalogMistake> mistakes;
  WordSet words;  // that the rules found so far name

 private:
  const int window_shift_days_;
};

// Each reads its section into *catalog.
// The formula and its context weights, the floor, and the bounds of arbitration.
void CompileScore(const CatalogDraft& draft, FieldReader* read, Catalog* catalog);
void CompileSegments(const std::vector<SegmentDraft>& drafts, FieldReader* read, Catalog* catalog);
void CompileRfmSegments(const std::vector<RfmSegmentDraft>& drafts, FieldReader* read, Catalog* catalog);
void CompileControl(const std::optional<ControlDraft>& draft, FieldReader* read, Catalog* catalog);
// The experiments but for what they are about.
void CompileExperiments(const std::vector<ExperimentDraft>& drafts, FieldReader* read, Catalog* catalog);
// Requires the catalog's default_locale and experiments.
void CompileOffers(const std::vector<OfferDraft>& drafts, FieldReader* read, Catalog* catalog);
// The budget, supplier, evidence, campaign and attribution of one offer; `attribution_days` is the catalog's.
OfferTerms CompileTerms(const OfferDraft& draft, int attribution_days, FieldReader* read);
// The contact policy, and what it is for each offer. Requires the catalog's offers, one for each of the draft.
void CompileContacts(const CatalogDraft& draft, FieldReader* read, Catalog* catalog);
// The treatments of one offer. Requires the catalog's default_locale and experiments and the offer's id.
void CompileTreatments(const OfferDraft& draft, const Catalog& catalog, FieldReader* read, Offer* offer);
// What the experiments are about, and the formulas of their variants. Requires experiments and offers, in the order of
// the draft.
void CompileExperimentsOfOffers(const CatalogDraft& draft, FieldReader* read, Catalog* catalog);

// A variant by its numbers in the catalog; -1: none.
struct VariantNumber {
  int experiment = -1;
  int variant = -1;
};
// The variant that "EXPERIMENT/VARIANT" names; none if there is no such one, or it is withheld and so has nothing to
// vary. Requires the catalog's experiments.
VariantNumber FindVariant(absl::string_view field, const Text& text, const Catalog& catalog, FieldReader* read);

// The OfferFacts that a score formula names.
uint8_t FormulaFacts(const rules::Expression& formula);

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_COMPILE_INTERNAL_H_
