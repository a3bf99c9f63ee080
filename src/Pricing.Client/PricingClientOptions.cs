using Grpc.Core;

namespace Pricing.Client;

/// <summary>How a <see cref="PricingClient"/> behaves. Every value has a default that suits a partner's server.</summary>
public sealed record PricingClientOptions
{
    /// <summary>The partner the calls are made for: <c>partners/{partner}</c>.</summary>
    public string Partner { get; init; } = "partners/local";

    /// <summary>Tries of one call, the first included. Only UNAVAILABLE and a RESOURCE_EXHAUSTED that says when to come back are tried again, and always with the same request id.</summary>
    public int Attempts { get; init; } = Limits.Client.AttemptsMax;

    /// <summary>A quote with the usual measure options follows each upload: an idle node may measure the bytes while they travel.</summary>
    public bool MeasureAhead { get; init; }

    /// <summary>Told before every retry: which call, which try failed, why, and how long the pause is.</summary>
    public Action<RetryNotice>? OnRetry { get; init; }

    /// <summary>Replaces the connection, for a proxy or a private certificate authority. The client does not dispose it.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The clock of pauses and time-outs.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>One failed try that is about to be repeated.</summary>
/// <param name="Call">The method, e.g. <c>CreateQuote</c>.</param>
/// <param name="Attempt">1 for the first try.</param>
/// <param name="Code">Why it failed.</param>
/// <param name="Pause">How long the client waits before the next try.</param>
public readonly record struct RetryNotice(string Call, int Attempt, StatusCode Code, TimeSpan Pause);
