namespace Pricing.Geometry.Fdm.Raster;

/// <summary>What lines fill a region of a layer, before line spacing is applied.</summary>
struct RegionFacts
{
    public double AreaMm2;

    /// <summary>Runs of raster rows along the lines' direction: their number, length, and seconds were each printed as a line.</summary>
    public double Runs, RunMm, RunS;

    /// <summary>Pieces that can be printed line by line without jumping: a piece ends where it splits or merges.</summary>
    public int Patches;
}

/// <summary>What the raster says about a layer; the printer's clock needs no more.</summary>
struct LayerFacts
{
    public ContourSums Contours;

    /// <summary>Area of the section; territories of outer and inner walls, and of thin cores that walls fill; shares of those that hang in the air.</summary>
    public double AreaMm2, OuterMm2, InnerMm2, ThinCoreMm2, OuterHangingMm2, InnerHangingMm2;
    public int Islands, Holes, SparseRegions;

    /// <summary>Diagonal of the section's box.</summary>
    public double DiagonalMm;
    public RegionFacts Sparse, Solid, Top, Bottom, InnerBridge;

    /// <summary>Sparse lines at their true places (patterns of straight lines), their length, seconds, and the joints between their ends.</summary>
    public double Lines, LineMm, LineS, JointMm;

    /// <summary>Runs both ways: π/2 · cell of perimeter each.</summary>
    public double SparseRuns;

    /// <summary>Convex hull of the section's outline; first layer only.</summary>
    public double HullMm;

    /// <summary>Support: area of its columns on the slicer's grid, of its dense top layers, their outlines, and of its first layer on the bed.</summary>
    public double SupportMm2, InterfaceMm2, SupportOutlineMm, InterfaceOutlineMm, SupportFootMm2;

    public int SupportPieces;

    /// <summary>Columns begin or land here, so the slicer begins a support layer.</summary>
    public bool SupportBegins, SupportLands;
}
