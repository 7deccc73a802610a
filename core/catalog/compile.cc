#include "core/catalog/compile.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/catalog/compile_internal.h"
#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {

std::shared_ptr<Catalog> Compile(const CatalogDraft& draft, const CompileOptions& options, FieldReader* read) {
  auto catalog = std::make_shared<Catalog>();
  read->Chars("catalog", draft.name, kMaxIdBytes);
  catalog->name = draft.name.value;
  if (draft.currency.given && draft.currency.value != options.currency) {
    read->Mistake(draft.currency.place, absl::StrCat("currency: '", draft.currency.value, "' is not the deployment's '",
                                                     options.currency, "'"));
  }
  catalog->default_locale = read->Locale("default_locale", draft.default_locale);
  CompileScore(draft, read, catalog.get());
  if (draft.attribution_days) {
    catalog->attribution_days =
        static_cast<int>(read->Whole("attribution_days", *draft.attribution_days, 1, kMaxAttributionDays));
  }
  CompileSegments(draft.segments, read, catalog.get());
  CompileRfmSegments(draft.rfm_segments, read, catalog.get());
  CompileControl(draft.control, read, catalog.get());
  CompileExperiments(draft.experiments, read, catalog.get());
  CompileOffers(draft.offers, read, catalog.get());
  CompileExperimentsOfOffers(draft, read, catalog.get());
  CompileContacts(draft, read, catalog.get());
  catalog->columns.Finish();
  catalog->basket_index.Finish();
  catalog->conditions.Finish();
  // An explanation shows the offer's own words, too.
  for (int slot = Slot::kOfferId; slot < Slot::kOfferAffinity; ++slot) read->words.Add(slot);
  catalog->words = read->words;
  return catalog;
}

}  // namespace

std::variant<std::shared_ptr<Catalog>, std::vector<CatalogMistake>> CompileCatalog(const CatalogDraft& draft,
                                                                                   const CompileOptions& options) {
  FieldReader read(options);
  std::shared_ptr<Catalog> catalog = Compile(draft, options, &read);
  if (!read.mistakes.empty()) return std::move(read.mistakes);
  return catalog;
}

}  // namespace nbo
