#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/catalog/compile_internal.h"

namespace nbo {

void FieldReader::Chars(absl::string_view field, const Text& text, size_t max_chars) {
  if (!text.given) return;
  if (!IsUtf8(text.value)) return Mistake(text.place, absl::StrCat(field, ": not valid UTF-8"));
  const size_t chars = CodePoints(text.value);
  if (chars > max_chars) {
    Mistake(text.place, absl::StrCat(field, ": ", chars, " characters; at most ", max_chars, " fit"));
  }
}

std::string FieldReader::OptionalChars(absl::string_view field, const std::optional<Text>& text, size_t max_chars) {
  if (!text) return "";
  Chars(field, *text, max_chars);
  return text->value;
}

std::string FieldReader::Slug(absl::string_view field, const Text& text) {
  const bool good = !text.value.empty() && text.value.size() <= kMaxIdBytes &&
                    std::all_of(text.value.begin(), text.value.end(), [](char c) {
                      return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_' || c == '.';
                    });
  if (text.given && !good) {
    Mistake(text.place, absl::StrCat(field, ": '", text.value, "' is no id; use 1 to ", kMaxIdBytes,
                                     " of a-z, 0-9, '-', '_' and '.'"));
  }
  return text.value;
}

std::string FieldReader::Locale(absl::string_view field, const Text& text) {
  const bool good =
      !text.value.empty() && text.value.size() <= kMaxLocaleBytes &&
      std::all_of(text.value.begin(), text.value.end(), [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
  if (!text.given || good) return text.value;
  Mistake(text.place, absl::StrCat(field, ": '", text.value, "' is no language tag; write 'en' or 'pt-BR'"));
  return text.value;
}

double FieldReader::Number(absl::string_view field, const Text& text, double low, double high) {
  if (!text.given) return 0;
  double number = 0;
  if (!absl::SimpleAtod(text.value, &number) || !std::isfinite(number)) {
    Mistake(text.place, absl::StrCat(field, ": '", text.value, "' is not a number; write for example 1.50"));
    return 0;
  }
  if (number < low || number > high) {
    Mistake(text.place, absl::StrCat(field, ": ", text.value, " is outside ", low, "..", high));
  }
  return number;
}

int64_t FieldReader::Whole(absl::string_view field, const Text& text, int64_t low, int64_t high) {
  int64_t number = 0;
  if (!text.given) return low;
  if (absl::SimpleAtoi(text.value, &number) && number >= low && number <= high) return number;
  Mistake(text.place, absl::StrCat(field, ": '", text.value, "' is no whole number of ", low, " to ", high));
  return low;
}

std::optional<Channel> FieldReader::ChannelNamed(absl::string_view field, const Text& text) {
  const auto channel = ChannelByName(text.value);
  if (channel || !text.given) return channel;
  Mistake(text.place, absl::StrCat(field, ": '", text.value,
                                   "' is no channel; use POS, KIOSK, MOBILE_APP, WEB, CALL_CENTER, EMAIL, SMS, PUSH, "
                                   "MESSENGER, COURIER or AD_CABINET"));
  return std::nullopt;
}

std::optional<rules::Expression> FieldReader::Rule(absl::string_view field, const Text& text,
                                                   const rules::Environment& environment, rules::Type type) {
  if (!text.given) return std::nullopt;
  auto result = rules::Expression::Compile(text.value, environment, type);
  if (auto* expression = std::get_if<rules::Expression>(&result)) {
    words.AddNamed(*expression);
    return *std::move(expression);
  }
  AddMistakes(field, text, std::get<std::vector<rules::Mistake>>(result));
  return std::nullopt;
}

void FieldReader::AddMistakes(absl::string_view field, const Text& text, const std::vector<rules::Mistake>& found) {
  for (const rules::Mistake& mistake : found) {
    mistakes.push_back({text.place, mistake.offset, text.value, absl::StrCat(field, ": ", mistake.message)});
  }
}

Day FieldReader::CivilDate(absl::string_view field, const Text& text, Day fallback) {
  const Day day = UnmovedDate(field, text, kNoDay);
  return day == kNoDay ? fallback : day + window_shift_days_;
}

Day FieldReader::UnmovedDate(absl::string_view field, const Text& text, Day fallback) {
  absl::CivilDay day;
  if (absl::ParseCivilTime(text.value, &day) && text.value.size() == 10) return DayOf(day);
  Mistake(text.place, absl::StrCat(field, ": '", text.value, "' is no date; write YYYY-MM-DD"));
  return fallback;
}

bool FieldReader::Bool(absl::string_view field, const Text& text) {
  if (text.value != "true" && text.value != "false") {
    Mistake(text.place, absl::StrCat(field, ": write true or false"));
  }
  return text.value == "true";
}

std::vector<std::string> FieldReader::Ids(absl::string_view field, const std::vector<Text>& texts, size_t max_count) {
  std::vector<std::string> ids;
  if (texts.size() > max_count) {
    Mistake(texts[max_count].place, absl::StrCat(field, ": ", texts.size(), " entries; at most ", max_count));
  }
  for (const Text& text : texts) {
    if (absl::Status s = CheckId(field, text.value, /*required=*/true); !s.ok()) {
      Mistake(text.place, std::string(s.message()));
    }
    ids.push_back(text.value);
  }
  return ids;
}

void FieldReader::CheckUnique(absl::string_view what, const Text& id, SeenIds* seen) {
  if (!id.given) return;
  auto [it, inserted] = seen->try_emplace(id.value, id.place);
  if (!inserted) {
    Mistake(id.place, absl::StrCat(what, ": '", id.value, "' is already used in line ", it->second.line));
  }
}

}  // namespace nbo
