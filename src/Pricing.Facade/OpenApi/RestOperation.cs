using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Http;

namespace Pricing.Facade.OpenApi;

/// <summary>What a REST operation says of itself; attached to its endpoint, so that route and description stand together.</summary>
sealed record RestOperation(string Id, string Tag, string Summary)
{
    public string Description { get; init; } = "";

    /// <summary>The JSON body, or null; <see cref="BinaryBody"/> for bytes.</summary>
    public string? BodySchema { get; init; }
    public bool BinaryBody { get; init; }

    /// <summary>The message of the good answer; null for an event stream.</summary>
    public MessageDescriptor? Answer { get; init; }
    public int AnswerStatus { get; init; } = StatusCodes.Status200OK;
    public string AnswerDescription { get; init; } = "";
    public IReadOnlyList<string> AnswerHeaders { get; init; } = [];
    public bool EventStream { get; init; }
    public bool Conditional { get; init; }

    public IReadOnlyList<RestParameter> Headers { get; init; } = [];
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The refusals a caller should expect beside 500 and 503, by HTTP status.</summary>
    public IReadOnlyList<int> Refusals { get; init; } = [];
}

sealed record RestParameter(string Name, string Description);
