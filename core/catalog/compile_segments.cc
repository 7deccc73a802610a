#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/catalog/compile_internal.h"
#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {

void CompileSegment(const SegmentDraft& draft, SeenIds* ids, FieldReader* read, Catalog* catalog) {
  read->CheckUnique("segments.id", draft.id, ids);
  const std::string id = read->Slug("segments.id", draft.id);
  read->Chars("segments.name", draft.name, kMaxNameChars);
  auto rule = read->Rule("segments.rule", draft.rule, CustomerVocabulary(), rules::Type::kBool);
  if (rule) catalog->segments.push_back({id, draft.name.value, *std::move(rule)});
}

ScoreRange Scores(absl::string_view field, const std::optional<Text>& text, FieldReader* read) {
  if (!text) return {};
  const std::string& value = text->value;
  auto score = [&value](size_t at) {
    return at < value.size() && absl::ascii_isdigit(value[at]) ? value[at] - '0' : 0;
  };
  const bool one = value.size() == 1;
  const ScoreRange range{score(0), score(one ? 0 : 2)};
  const bool good = (one || (value.size() == 3 && value[1] == '-')) && 1 <= range.low && range.low <= range.high &&
                    range.high <= kRfmScores;
  if (good) return range;
  read->Mistake(text->place, absl::StrCat(field, ": '", value,
                                          "' is no range of scores; write one of 1 to 5, or two of them, "
                                          "the lower first: 2-4"));
  return {};
}

}  // namespace

void CompileRfmSegments(const std::vector<RfmSegmentDraft>& drafts, FieldReader* read, Catalog* catalog) {
  if (drafts.empty()) return;  // the published ones
  if (drafts.size() > kMaxRfmSegments) {
    return read->Mistake(drafts[kMaxRfmSegments].place,
                         absl::StrCat("rfm_segments: ", drafts.size(), "; at most ", kMaxRfmSegments));
  }
  SeenIds ids;
  std::vector<RfmSegment> segments;
  for (const RfmSegmentDraft& draft : drafts) {
    read->CheckUnique("rfm_segments.id", draft.id, &ids);
    if (draft.id.value == kOtherRfmSegment) {
      read->Mistake(draft.id.place,
                    "rfm_segments.id: 'others' is the name of those who are in no segment; use another");
    }
    read->Chars("rfm_segments.name", draft.name, kMaxNameChars);
    segments.push_back({read->Slug("rfm_segments.id", draft.id), draft.name.value,
                        Scores("rfm_segments.recency", draft.recency, read),
                        Scores("rfm_segments.frequency", draft.frequency, read),
                        Scores("rfm_segments.monetary", draft.monetary, read)});
  }
  const bool good = read->mistakes.empty();
  catalog->rfm = RfmSegmentation(std::move(segments));
  for (size_t i = 0; good && i < drafts.size(); ++i) {
    if (catalog->rfm.Reachable(static_cast<int>(i))) continue;
    read->Mistake(drafts[i].place,
                  absl::StrCat("rfm_segments: '", drafts[i].id.value,
                               "' would have no customers, the segments before it take all its scores; "
                               "move it up or change its ranges"));
  }
}

void CompileSegments(const std::vector<SegmentDraft>& drafts, FieldReader* read, Catalog* catalog) {
  if (drafts.size() > kMaxSegments) {
    read->Mistake(drafts[kMaxSegments].place, absl::StrCat("segments: ", drafts.size(), "; at most ", kMaxSegments));
  }
  SeenIds ids;
  for (const SegmentDraft& draft : drafts) CompileSegment(draft, &ids, read, catalog);
}

}  // namespace nbo
