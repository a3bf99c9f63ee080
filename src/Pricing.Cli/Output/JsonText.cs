using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pricing.Cli.Output;

/// <summary>
/// How the program writes JSON: indented, UTF-8, keys in a fixed order, doubles in the shortest form that reads back to the same bits,
/// money as text. The shapes are a contract (docs/cli.md): fields are added, never renamed.
/// </summary>
static class JsonText
{
    static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one document and a line break.</summary>
    public static void Write(TextWriter writer, Action<Utf8JsonWriter> body)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
            body(json);
        writer.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
        writer.Flush();
    }

    /// <summary>One file: its object. Several: an array of them, in the order asked for.</summary>
    public static void WriteAll(TextWriter writer, IReadOnlyList<Action<Utf8JsonWriter>> bodies)
    {
        if (bodies.Count == 1)
            Write(writer, bodies[0]);
        else
            Write(writer, json =>
            {
                json.WriteStartArray();
                foreach (var body in bodies)
                    body(json);
                json.WriteEndArray();
            });
    }

    /// <summary><c>{"error":{…}}</c>, with the file when one is at fault.</summary>
    public static void Error(Utf8JsonWriter json, Fault fault, string? file = null)
    {
        json.WriteStartObject();
        if (file is not null)
            json.WriteString("file", file);
        json.WriteStartObject("error");
        json.WriteString("reason", fault.Reason);
        json.WriteString("message", fault.Message);
        json.WriteString("field", fault.Field);
        json.WriteString("limit", fault.Limit);
        json.WriteString("actual", fault.Actual);
        json.WriteNumber("exit_code", fault.ExitCode);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Milliseconds to the microsecond: more digits would be noise.</summary>
    public static void Milliseconds(this Utf8JsonWriter json, string name, double value) => json.WriteNumber(name, Math.Round(value, 3));
}
