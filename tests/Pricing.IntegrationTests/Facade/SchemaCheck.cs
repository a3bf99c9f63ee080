using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pricing.IntegrationTests.Facade;

/// <summary>The part of JSON Schema our OpenAPI document uses, strict in one point more: a property the schema does not name is an error.</summary>
sealed class SchemaCheck(JsonElement document)
{
    public List<string> Errors { get; } = [];

    public void Check(JsonElement value, JsonElement schema, string path)
    {
        if (schema.TryGetProperty("$ref", out var reference)) schema = Resolve(reference.GetString()!);
        var type = schema.TryGetProperty("type", out var named) ? named.GetString() : null;
        var fits = type switch
        {
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "number" => value.ValueKind == JsonValueKind.Number,
            _ => false,
        };
        if (!fits)
        {
            Errors.Add($"{path}: {value.ValueKind} is not {type ?? "anything named"}");
            return;
        }
        switch (type)
        {
            case "object":
                CheckObject(value, schema, path);
                break;
            case "array":
                foreach (var (index, item) in value.EnumerateArray().Index()) Check(item, schema.GetProperty("items"), $"{path}[{index}]");
                break;
            case "string":
                CheckString(value.GetString()!, schema, path);
                break;
        }
    }

    public JsonElement Resolve(string reference) =>
        reference.TrimStart('#', '/').Split('/').Aggregate(document, (element, name) => element.GetProperty(name));

    void CheckObject(JsonElement value, JsonElement schema, string path)
    {
        var properties = schema.GetProperty("properties");
        foreach (var property in value.EnumerateObject())
        {
            if (properties.TryGetProperty(property.Name, out var inner)) Check(property.Value, inner, $"{path}.{property.Name}");
            else Errors.Add($"{path}.{property.Name}: not in the schema");
        }
        if (!schema.TryGetProperty("required", out var required)) return;
        foreach (var name in required.EnumerateArray())
            if (!value.TryGetProperty(name.GetString()!, out _)) Errors.Add($"{path}.{name}: required but absent");
    }

    void CheckString(string text, JsonElement schema, string path)
    {
        if (schema.TryGetProperty("enum", out var names) && names.EnumerateArray().All(name => name.GetString() != text)) Errors.Add($"{path}: '{text}' is not of the enum");
        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(text, pattern.GetString()!)) Errors.Add($"{path}: '{text}' does not match {pattern}");
        if (schema.TryGetProperty("format", out var format) && format.GetString() == "date-time"
            && !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)) Errors.Add($"{path}: '{text}' is no time");
    }
}
