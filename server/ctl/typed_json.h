// Values and types as JSON, spelt as in the conformance files of CEL: {"int64_value": "123"},
// {"list_value": {"values": [...]}}, {"map_value": {"entries": [{"key": ..., "value": ...}]}},
// {"object_value": {"[type.googleapis.com/google.protobuf.Timestamp]": {"seconds": "1", "nanos": "5"}}}.
#pragma once

#include <google/protobuf/struct.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/rules/environment.h"
#include "core/rules/type.h"
#include "nbo/v1/value.pb.h"

namespace nbo::ctl {

// Any JSON. INVALID_ARGUMENT says what is wrong and where.
absl::StatusOr<google::protobuf::Value> ParseJson(absl::string_view text);

// A value from its JSON. Numbers and booleans may stand in quotes or not; ints beyond 2^53 must. INVALID_ARGUMENT names
// the field at fault; uint64_value, bytes_value, enum_value, type_value and messages are no values of rules.
absl::StatusOr<nbo::v1::Value> ValueOfJson(const google::protobuf::Value& json);

// A type from its JSON: {"primitive": "INT64"}, {"list_type": {"elem_type": ...}}, {"map_type": {"key_type": ...,
// "value_type": ...}}, {"null": ...}, {"message_type": "google.protobuf.Timestamp"} or the name of a class of
// `environment`.
absl::StatusOr<rules::Type> TypeOfJson(const google::protobuf::Value& json, const rules::Environment& environment);

// The inverse of ValueOfJson, on one line. Numbers and booleans stand in quotes. Objects: {"object_value":
// {"[nbo.BasketLine]": {"product": ...}}}.
std::string ValueToJson(const nbo::v1::Value& value);

// A text as JSON, with its quotes.
std::string QuoteJson(absl::string_view text);

}  // namespace nbo::ctl
