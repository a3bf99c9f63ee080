namespace Pricing.Geometry;

/// <summary>
/// The only exception that untrusted bytes may cause: what was wrong, where, which limit, what was there instead.
/// Reasons are stable and listed in docs/errors.md.
/// </summary>
public sealed class MeshFormatException(string reason, string message, string field = "", string limit = "", string actual = "")
    : Exception(message)
{
    /// <summary>Stable UPPER_SNAKE code, e.g. STL_TRUNCATED.</summary>
    public string Reason { get; } = reason;

    /// <summary>The part of the file at fault, e.g. "triangle 17", "line 4", "3D/3dmodel.model".</summary>
    public string Field { get; } = field;

    /// <summary>The limit broken, with its unit.</summary>
    public string Limit { get; } = limit;

    /// <summary>What was there, with its unit.</summary>
    public string Actual { get; } = actual;
}
