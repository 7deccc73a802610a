#include "server/catalog/yaml_experiments.h"

#include <utility>

#include "core/base/limits.h"

namespace nbo::server {
namespace {

void ReadControl(Mapping* catalog, CatalogDraft* draft) {
  const int node = catalog->Find("control");
  if (node < 0) return;
  Mapping mapping(catalog->Child("control"), node, catalog->reading());
  if (!mapping.is_map()) return;
  draft->control = ControlDraft{mapping.place(), mapping.Required("share"), mapping.Required("salt"),
                                mapping.Optional("rotate_days"), mapping.Optional("rotate_from")};
  mapping.Finish();
}

VariantDraft ReadVariant(int node, Reading* reading) {
  Mapping mapping("experiments.variants", node, reading);
  VariantDraft variant{mapping.place(), mapping.Required("id"), mapping.Required("weight"),
                       mapping.Optional("withheld")};
  mapping.Finish();
  return variant;
}

void ReadNamespace(Mapping* experiment, ExperimentDraft* draft) {
  const int node = experiment->Find("namespace");
  if (node < 0) return;
  Mapping mapping(experiment->Child("namespace"), node, experiment->reading());
  if (!mapping.is_map()) return;
  draft->space = NamespaceDraft{mapping.Required("id"), mapping.Required("from"), mapping.Required("to")};
  mapping.Finish();
}

ExperimentDraft ReadExperiment(int node, Reading* reading) {
  Mapping mapping("experiments", node, reading);
  ExperimentDraft experiment;
  experiment.place = mapping.place();
  experiment.id = mapping.Required("id");
  ReadNamespace(&mapping, &experiment);
  experiment.coverage = mapping.Optional("coverage");
  size_t mistakes = reading->mistakes->size();
  experiment.offers = mapping.Texts("offers", kMaxOffers);
  experiment.group = mapping.Optional("group");
  experiment.campaign = mapping.Optional("campaign");
  experiment.offers_are_whole = reading->mistakes->size() == mistakes;
  mistakes = reading->mistakes->size();
  mapping.Maps("variants", kMaxVariantsPerExperiment,
               [&](int n) { experiment.variants.push_back(ReadVariant(n, reading)); });
  experiment.variants_are_whole = reading->mistakes->size() == mistakes;
  mapping.Finish();
  return experiment;
}

}  // namespace

void ReadExperiments(Mapping* catalog, CatalogDraft* draft) {
  Reading* const reading = catalog->reading();
  ReadControl(catalog, draft);
  catalog->Maps("experiments", kMaxExperiments,
                [&](int n) { draft->experiments.push_back(ReadExperiment(n, reading)); });
  constexpr size_t kMaxScores = kMaxExperiments * kMaxVariantsPerExperiment;
  catalog->Entries("score_variants", kMaxScores, [&](Text variant, Text score) {
    draft->score_variants.push_back({std::move(variant), std::move(score)});
  });
}

}  // namespace nbo::server
